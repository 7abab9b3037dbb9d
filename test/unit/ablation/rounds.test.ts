import { describe, expect, it } from 'vitest';
import { ablationJson, ablationText } from '../../../src/ablation/ablation.ts';
import { sideOf } from '../../../src/ablation/case.ts';
import { figuresOf } from '../../../src/ablation/figures.ts';
import { measureCases, wholeLane } from '../../../src/ablation/rounds.ts';
import { readPrices } from '../../../src/prices/prices.ts';
import { named, TOOK } from './switches.ts';

const PLAIN = { title: 'plain', switches: [] };
const LISTS = { title: 'lists', switches: ['lists'] };
const FLOATS = { title: 'floats', switches: ['floats'] };
const OPTIONS = { rounds: 2, seed: 1, expected: TOOK };
const figures = figuresOf(readPrices('us-east-1'), 2);

describe('measureCases', () => {
  it('runs each once a round, straight beside those of its group, and these backwards every second time', async () => {
    const ran: string[] = [];
    const groups = [
      [PLAIN, LISTS],
      [{ ...PLAIN, title: 'again' }, FLOATS],
    ];
    const run = async (switches: readonly string[]) => {
      ran.push(switches.join());
      return TOOK;
    };
    const lanes = await measureCases(groups, run, OPTIONS);
    expect(lanes.map(({ one, took }) => [one.title, took.length])).toEqual([
      ['plain', 2],
      ['lists', 2],
      ['again', 2],
      ['floats', 2],
    ]);
    const pairs = Array.from({ length: 4 }, (_, at) => ran.slice(2 * at, 2 * at + 2).join());
    expect(pairs.slice(0, 2).toSorted()).toEqual([',floats', ',lists']);
    expect(pairs.slice(2).toSorted()).toEqual(['floats,', 'lists,']);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no memory')), 'no memory'],
    ['finds other labels', async () => ({ ...TOOK, digest: 'other' }), 'but it found others'],
    ['loses images', async () => ({ ...TOOK, images: 99 }), 'Expected rows of 100 images but it wrote 99.'],
  ])('goes on with the others where one %s, and has no figures of that one', async (_, bad, why) => {
    const run = (switches: readonly string[]) => (switches.length > 0 ? bad() : Promise.resolve(TOOK));
    const one = named('lists');
    const side = sideOf(one, [one]);
    const lanes = await measureCases([[PLAIN], [side.without, side.with]], run, OPTIONS);
    expect(wholeLane(lanes, PLAIN, 2)).toHaveLength(2);
    expect(wholeLane(lanes, side.with, 2)).toBeNull();
    const ablation = {
      ...{ engine: 'ray', model: 'small', images: 100, workers: 2, rounds: 2, seed: 1 },
      machine: { processor: 'a processor', cores: 2, load: [0.5, 1.25] as const },
      ...{ together: [PLAIN], alone: [side], lanes },
    };
    const text = ablationText(ablation, figures);
    expect(text).toContain(
      'ray, 2 workers, the model small, 100 images, 2 rounds, seed 1; a processor, 2 cores, load 0.5 before and 1.3 after.',
    );
    expect(text.match(/lists could not do it: .*/g)).toHaveLength(2);
    expect(text).toContain(why);
    expect(text).not.toContain('what lists is');
    const json = ablationJson(ablation, figures);
    expect(json.alone).toMatchObject([{ name: 'lists', found: 'not measured', with: null }]);
    expect(json.failures).toHaveLength(2);
  });

  it('ends with the reason of the signal', async () => {
    const abort = new AbortController();
    const run = async () => {
      abort.abort(new Error('enough'));
      throw new Error('the process was ended');
    };
    await expect(measureCases([[PLAIN]], run, { ...OPTIONS, signal: abort.signal })).rejects.toThrow(
      'enough',
    );
  });
});
