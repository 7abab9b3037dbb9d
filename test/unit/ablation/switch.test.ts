import { describe, expect, it } from 'vitest';
import { nearestName, switchesNamed, switchesOf, withNeeds } from '../../../src/ablation/switch.ts';
import { CATALOGUE } from './switches.ts';

const ray = switchesOf(CATALOGUE, 'ray');
const daft = switchesOf(CATALOGUE, 'daft');

describe('switchesOf', () => {
  it('has what the engine follows, and needs nothing that it does not have', () => {
    expect(daft.mistakes.map(({ name }) => name)).toEqual(['lists']);
    expect(daft.optimizations.map(({ name, needs }) => [name, needs])).toEqual([['ahead', []]]);
    expect(ray.optimizations.map(({ needs }) => needs)).toEqual([[], ['clients'], ['ahead']]);
  });

  it('names the engines where there is no such one', () => {
    expect(() => switchesOf(CATALOGUE, 'flink')).toThrow(
      '[INVALID_INPUT] Expected an engine with a pipeline but received flink: one of ray, daft.',
    );
  });
});

describe('switchesNamed', () => {
  it('finds them in the order of the names, each once', () => {
    const found = switchesNamed(['further', 'lists', 'further'], ray, CATALOGUE);
    expect(found.map(({ name }) => name)).toEqual(['further', 'lists']);
  });

  it.each([
    [
      ['list'],
      'switch',
      'Expected a mistake or an optimization but received list: perhaps lists; `fanfleet ablate --list` has all.',
    ],
    [['hurry'], 'mistake', 'Expected a mistake but received hurry: one of lists, one-by-one.'],
    [
      ['lists'],
      'optimization',
      'Expected an optimization but received lists: one of clients, ahead, further.',
    ],
  ] as const)('says of %j what was expected', (names, kind, message) => {
    expect(() => switchesNamed(names, ray, CATALOGUE, kind)).toThrow(`[INVALID_INPUT] ${message}`);
  });

  it('names the engines that have what this one has not', () => {
    expect(() => switchesNamed(['clients'], daft, CATALOGUE)).toThrow(
      'Expected a mistake or an optimization that the pipeline of daft has but received clients: leave it out, or take the engine ray.',
    );
  });
});

describe('withNeeds', () => {
  it('puts before a switch what it needs, and what that needs', () => {
    const all = ray.optimizations;
    expect(all.map((one) => withNeeds(one, all).map(({ name }) => name))).toEqual([
      ['clients'],
      ['clients', 'ahead'],
      ['clients', 'ahead', 'further'],
    ]);
  });
});

describe('nearestName', () => {
  it.each([
    ['small-file', 'small-files'],
    ['smal-fiels', 'small-files'],
    ['tabel', 'table'],
    ['hurry', null],
    ['', null],
  ])('of %j is %j', (received, name) => {
    expect(nearestName(received, ['small-files', 'table'])).toBe(name);
  });
});
