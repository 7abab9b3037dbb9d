import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/statistics/random.ts';
import { FEWEST_PAIRS, pairedRatioTest, ratioTest } from '../../../src/statistics/ratio-test.ts';
import { cauchy, logNormal, type Noise, type PairsOptions, pairsOf, spiky } from './noise.ts';

const options = (seed = 1, minimumEffect = 0.05) => ({ minimumEffect, random: seededRandom(seed) });
const time = fc.double({ min: 0.01, max: 1000, noNaN: true });
const pairs = fc.array(fc.record({ a: time, b: time }), { minLength: 2, maxLength: 9 });
const OPPOSITE = {
  higher: 'lower',
  lower: 'higher',
  'no difference shown': 'no difference shown',
} as const;
const SIMULATIONS = 80;

/** How many of the simulated comparisons are called different. */
function calls(made: Omit<PairsOptions, 'count'> & { count?: number }): number {
  return Array.from({ length: SIMULATIONS }, (_, seed) => {
    const random = seededRandom(seed + 1);
    return pairedRatioTest(pairsOf({ count: 7, ...made }, random), { minimumEffect: 0.05, random }).verdict;
  }).filter((verdict) => verdict !== 'no difference shown').length;
}

describe('pairedRatioTest', () => {
  it('turns round with its sides: the ratio is inverted, and so is the verdict', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const there = pairedRatioTest(given, options());
        const back = pairedRatioTest(
          given.map(({ a, b }) => ({ a: b, b: a })),
          options(),
        );
        expect(back.ratio).toBeCloseTo(1 / there.ratio, 6);
        expect(back.low).toBeCloseTo(1 / there.high, 6);
        expect(back.pValue).toBe(there.pValue);
        expect(back.verdict).toBe(OPPOSITE[there.verdict]);
      }),
      { numRuns: 25 },
    );
  });

  it('is the same in seconds and in milliseconds', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const seconds = pairedRatioTest(given, options());
        const ms = pairedRatioTest(
          given.map(({ a, b }) => ({ a: a * 1000, b: b * 1000 })),
          options(),
        );
        expect(ms.ratio).toBeCloseTo(seconds.ratio, 9);
        expect(ms.pValue).toBe(seconds.pValue);
        expect(ms.verdict).toBe(seconds.verdict);
      }),
      { numRuns: 25 },
    );
  });

  it.each<[string, Noise, number]>([
    ['log-normal noise of 8 %', logNormal(0.08), 0],
    ['log-normal noise of 20 %', logNormal(0.2), 0],
    ['spikes', spiky(0.05), 0],
    ['tails as heavy as Cauchy has them', cauchy(0.05), 0],
    ['a machine that gets half as fast meanwhile', spiky(0.05), 1],
  ])('calls no more than 5 per cent different where nothing is: %s', (_, noise, drift) => {
    expect(calls({ noise, drift })).toBeLessThanOrEqual(0.05 * SIMULATIONS);
  });

  it.each([
    [0.03, 1.1, 0.8],
    [0.06, 1.2, 0.75],
    [0.12, 1.5, 0.85],
  ])('with noise of %d calls a ratio of %d in more than %d of all cases', (sigma, ratio, part) => {
    expect(calls({ noise: logNormal(sigma), ratio })).toBeGreaterThan(part * SIMULATIONS);
  });

  it('calls nothing with fewer pairs than can show anything, however far they are apart', () => {
    const apart = (count: number) => Array.from({ length: count }, (_, i) => ({ a: 1 + i / 100, b: 9 + i }));
    expect(pairedRatioTest(apart(FEWEST_PAIRS - 1), options()).verdict).toBe('no difference shown');
    expect(pairedRatioTest(apart(FEWEST_PAIRS), options()).verdict).toBe('higher');
    expect(FEWEST_PAIRS).toBe(6);
  });

  it('leaves out what is too small to matter, however sure it is', () => {
    const slightly = Array.from({ length: 9 }, (_, i) => ({ a: 1 + i / 1000, b: 1.04 + i / 1000 }));
    expect(pairedRatioTest(slightly, options())).toMatchObject({
      verdict: 'no difference shown',
      pValue: 2 / 512,
    });
    expect(pairedRatioTest(slightly, options(1, 0.03)).verdict).toBe('higher');
  });

  it('asks as much of a faster B as of a slower one', () => {
    const slower = Array.from({ length: 9 }, (_, i) => ({ a: 1 + i / 1000, b: 1.0505 * (1 + i / 1000) }));
    const faster = slower.map(({ a, b }) => ({ a: b, b: a }));
    expect(pairedRatioTest(slower, options()).verdict).toBe('higher');
    expect(pairedRatioTest(faster, options()).verdict).toBe('lower');
  });

  it('knows no bounds of a single pair', () => {
    expect(pairedRatioTest([{ a: 1, b: 2 }], options())).toEqual({
      ratio: 2,
      low: 0,
      high: Number.POSITIVE_INFINITY,
      pValue: 1,
      verdict: 'no difference shown',
    });
  });

  it.each([[[]], [[{ a: 0, b: 1 }]], [[{ a: 1, b: Number.NaN }]]])('refuses %j', (given) => {
    expect(() => pairedRatioTest(given, options())).toThrow(RangeError);
  });
});

describe('ratioTest', () => {
  const sample = (count: number, noise: Noise, seed: number, ratio = 1) => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, () => ratio * noise(random));
  };

  it('calls a night that is slower than the baseline, one that is faster, and none that is like it', () => {
    const baseline = sample(7, logNormal(0.05), 1);
    expect(ratioTest(baseline, sample(7, logNormal(0.05), 2, 1.3), options())).toMatchObject({
      verdict: 'higher',
    });
    expect(ratioTest(baseline, sample(5, logNormal(0.05), 3, 0.7), options())).toMatchObject({
      verdict: 'lower',
    });
    expect(ratioTest(baseline, sample(7, logNormal(0.05), 4), options()).verdict).toBe('no difference shown');
  });

  it.each([
    ['log-normal', logNormal(0.1)],
    ['spiky', spiky(0.05)],
  ])('calls no more than 5 per cent different where nothing is: %s noise', (_, noise) => {
    const called = Array.from({ length: SIMULATIONS }, (_, seed) =>
      ratioTest(sample(6, noise, 2 * seed), sample(6, noise, 2 * seed + 1), options(seed)),
    ).filter(({ verdict }) => verdict !== 'no difference shown');
    expect(called.length).toBeLessThanOrEqual(0.05 * SIMULATIONS);
  });
});
