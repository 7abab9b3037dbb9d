import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../src/advice/advice.ts';
import { advise } from '../../../src/advice/advise.ts';
import { choiceText, optionsOf, sentenceOf } from '../../../src/advice/sentence.ts';
import { breakEvenSentences, flipSentences, refusalSentences } from '../../../src/advice/text.ts';
import { groundOf, requestOf } from './ground.ts';

const ADVICE = advise(groundOf({ items: 1e5 }), requestOf({ strategy: 'cost' }));
const with_ = (over: Partial<Advice>): Advice => ({ ...ADVICE, ...over });

describe('sentenceOf', () => {
  it('says what to take, what it takes, and the best of the other arm', () => {
    expect(ADVICE.sentence).toBe(
      'For 100,000 images of 110 kB take 2 workers of t4g.small (grpc, batches of 500): 3 min 21 s and $0.0490, the least money; the other arm at its best, 10 Lambda functions of 1024 MB (arm64, batches of 1000), takes 33.0 s and $0.0526.',
    );
  });

  it('speaks of one image as of one', () => {
    const workload = { ...ADVICE.workload, items: 1 };
    expect(sentenceOf(with_({ workload }))).toMatch(/^For 1 image of 110 kB take /);
  });

  it('names weight and limits where they were given', () => {
    const said = sentenceOf(with_({ strategy: 'balanced', weight: 0.7, deadlineSeconds: 600, budgetUsd: 5 }));
    expect(said).toContain(
      'the best of time and money (cost counts 70 %) that is to be had in 10 min 00 s and for $5.00;',
    );
  });

  it('tells an arm that is not known from one that the limits keep out', () => {
    const refused = ADVICE.runnerUp && [
      { arm: 'serverless', reason: 'budget', candidates: 3, best: ADVICE.runnerUp } as const,
    ];
    expect(sentenceOf(with_({ runnerUp: null, refused: [] }))).toContain('no other arm is known.');
    expect(sentenceOf(with_({ runnerUp: null, refused: refused ?? [] }))).toContain(
      'no other arm keeps to the limits.',
    );
  });
});

it('has the options of a run with the choice', () => {
  const [fleet, serverless] = [ADVICE.best, ADVICE.runnerUp];
  if (!fleet || !serverless) throw new Error('Expected both.');
  expect(optionsOf(fleet)).toBe(
    '--arms fleet --engine grpc --workers 2 --instance-type t4g.small --batch-size 500',
  );
  expect(optionsOf(serverless)).toBe('--arms serverless --memory 1024 --concurrency 10 --batch-size 1000');
  const { settings } = fleet;
  if (settings.arm !== 'fleet') throw new Error('Expected a fleet.');
  const spot = { ...fleet, settings: { ...settings, market: 'spot', workers: 1 } as const };
  expect(optionsOf(spot)).toContain(' --market spot ');
  expect(choiceText(spot)).toBe('1 worker of t4g.small (grpc, Spot, batches of 500)');
});

describe('flipSentences', () => {
  const flip = { what: 'items', from: 1, at: 2, below: 'serverless', above: 'fleet' } as const;

  it('names of each thing the nearest on either side of what was asked', () => {
    const flips = [10, 20, 2e5, 3e5].map((at) => ({ ...flip, at }));
    expect(flipSentences(with_({ flips }))).toEqual([
      'Images: serverless below 20, fleet from there on.',
      'Images: serverless below 200,000, fleet from there on.',
    ]);
  });

  it('takes no limit for an infinite one', () => {
    const flips = [60, 900].map((at) => ({ ...flip, what: 'deadlineSeconds' as const, at, below: null }));
    expect(flipSentences(with_({ flips }))).toEqual([
      'Deadline of the whole run: nothing below 15 min 00 s, fleet from there on.',
    ]);
    expect(flipSentences(with_({ flips, deadlineSeconds: 100 }))).toHaveLength(2);
  });
});

describe('breakEvenSentences', () => {
  const said = (breakEven: Advice['breakEven']) => breakEvenSentences(with_({ breakEven })).join(' ');

  it('says from which size and utilisation', () => {
    const text = said({ items: 51_234, cheaperBelow: 'serverless', utilisation: 0.176 });
    expect(text).toContain('the serverless arm costs less below 51,234 images');
    expect(text).toContain('at work for more than 17.6 % of it');
  });

  it('says so where there is none', () => {
    const text = said({ items: null, cheaperBelow: null, utilisation: 1.2 });
    expect(text).toContain('the fleet arm costs less at every number of images');
    expect(text).toContain('even if it is always at work');
    expect(said({ items: null, cheaperBelow: null, utilisation: null })).toContain(
      'even if it is always at work',
    );
    expect(said(null)).toBe('');
  });
});

it('says what limits keep out', () => {
  const { refused } = advise(groundOf({ items: 1e5 }), requestOf({ budgetUsd: 0.05 }));
  const [first] = refusalSentences(with_({ refused }));
  expect(first).toMatch(
    /^\d+ ways of the serverless arm would be too dear, the best of them .*: 20.7 s and \$0.0536\.$/,
  );
});
