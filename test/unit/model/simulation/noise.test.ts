import { describe, expect, it } from 'vitest';
import { exponential, startFactor, stragglerFactor } from '../../../../src/model/simulation/noise.ts';
import { seededRandom } from '../../../../src/statistics/random.ts';

const many = (draw: () => number) => Array.from({ length: 50_000 }, draw).sort((a, b) => a - b);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('noise', () => {
  it('draws stragglers with mean 1 and the standard deviation that was asked for', () => {
    const random = seededRandom(1);
    const factors = many(() => stragglerFactor(random, 0.4));
    const mean = meanOf(factors);
    expect(mean).toBeCloseTo(1, 2);
    expect(Math.sqrt(meanOf(factors.map((factor) => (factor - mean) ** 2)))).toBeCloseTo(0.4, 1);
    expect(stragglerFactor(random, 0)).toBe(1);
  });

  it('draws starts with median 1, and none where there is no spread', () => {
    const random = seededRandom(2);
    const factors = many(() => startFactor(random, 0.5));
    expect(factors[25_000]).toBeCloseTo(1, 1);
    // One standard deviation above the median.
    expect(Math.log(factors[42_067] ?? 0)).toBeCloseTo(0.5, 1);
    expect(startFactor(random, 0)).toBe(1);
  });

  it('draws times to the next event with the mean of the rate, and never without a rate', () => {
    const random = seededRandom(3);
    expect(meanOf(many(() => exponential(random, 0.02)))).toBeCloseTo(50, -1);
    expect(exponential(random, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
