import { describe, expect, it } from 'vitest';
import { planted } from '../../../src/compare/null-test.ts';
import { powerOf } from '../../../src/compare/power.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import { logNormal, pairsOf } from '../statistics/noise.ts';

const random = seededRandom(4);
const series = Array.from({ length: 3 }, () => pairsOf({ count: 24, noise: logNormal(0.04) }, random));
const power = (times: number) =>
  powerOf(series, times, { sizes: [7, 30], sequence: 12, minimumEffect: 0.05, random: seededRandom(1) });

describe('planted', () => {
  it('changes the second of each pair alone', () => {
    expect(planted([{ a: 2, b: 4 }], 1.5)).toEqual([{ a: 2, b: 6 }]);
  });
});

describe('powerOf', () => {
  it('cuts the series into comparisons and sequences that share no pair', () => {
    const [seven, thirty] = power(1).calls;
    expect(seven).toMatchObject({ pairs: 7, test: { comparisons: 9 } });
    expect(thirty).toEqual({ pairs: 30, test: null });
    expect(power(1).sequences).toBe(6);
  });

  it('calls nothing where nothing is planted, and all where it is much: with as few pairs as can be', () => {
    expect(power(1)).toMatchObject({ calls: [{ test: { calledDifferent: 0 } }, {}] });
    expect(power(1.5)).toMatchObject({
      calls: [{ test: { calledDifferent: 9 } }, {}],
      needed: { median: 6, min: 6, max: 6 },
      missed: 0,
    });
  });

  it('calls less often, and later, what is less', () => {
    const { calls, needed, missed } = power(1.06);
    expect(calls[0]?.test?.calledDifferent).toBeLessThan(9);
    expect((needed?.max ?? 0) > 6 || missed > 0).toBe(true);
  });
});
