import { describe, expect, it } from 'vitest';
import { medianInterval, pairedRatioInterval, ratioInterval } from '../../../src/statistics/bootstrap.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import { cauchy, logNormal, pairsOf, spiky } from './noise.ts';

const SIMULATIONS = 100;
const NOISES = [
  ['log-normal', logNormal(0.08)],
  ['spiky', spiky(0.05)],
  ['Cauchy', cauchy(0.03)],
] as const;

/** How many of the simulations had the truth within. At 95 % fewer than 89 have a probability of less than 1 %. */
function covered(holds: (seed: number) => boolean): number {
  return Array.from({ length: SIMULATIONS }, (_, seed) => holds(seed)).filter(Boolean).length;
}

describe('pairedRatioInterval', () => {
  it.each(NOISES.flatMap(([name, noise]) => [7, 11].map((count) => ({ name, noise, count }))))(
    'has the true ratio within for 95 per cent of all samples: $count pairs, $name noise',
    ({ noise, count }) => {
      const within = covered((seed) => {
        const random = seededRandom(seed);
        const interval = pairedRatioInterval(pairsOf({ count, noise, ratio: 1.3 }, random), random);
        return interval !== null && interval.low <= 1.3 && interval.high >= 1.3;
      });
      expect(within).toBeGreaterThanOrEqual(89);
    },
  );

  it('draws pairs: what both have in common does not widen it', () => {
    // Prepare: the machine gets three times as slow, and B always takes 1.2 times as long
    const pairs = Array.from({ length: 9 }, (_, i) => ({ a: 1 + i / 4, b: 1.2 * (1 + i / 4) }));

    // Act
    const paired = pairedRatioInterval(pairs, seededRandom(1));
    const apart = ratioInterval(
      pairs.map(({ a }) => a),
      pairs.map(({ b }) => b),
      seededRandom(1),
    );

    // Assess
    expect(paired?.low).toBeCloseTo(1.2, 9);
    expect(paired?.high).toBeCloseTo(1.2, 9);
    expect(apart?.low).toBeLessThan(1);
    expect(apart?.high).toBeGreaterThan(1.5);
  });
});

describe('medianInterval', () => {
  it.each([5, 7, 11, 20])('has the true median within for 93 per cent of all samples of %d', (count) => {
    // Of 5 values no interval between two of them has more: 1 - 2 / 2^5.
    const within = covered((seed) => {
      const random = seededRandom(1000 + seed);
      const values = Array.from({ length: count }, () => spiky(0.05)(random));
      const interval = medianInterval(values, random);
      // The median of the noise: 90 % are log-normal around 1, and all others above.
      return interval !== null && interval.low <= 1.007 && interval.high >= 1.007;
    });
    expect(within).toBeGreaterThanOrEqual(87);
  });

  it('is between two of the values, and the same with the same seed', () => {
    const values = [3, 9, 4, 8, 5, 7, 6];
    const interval = medianInterval(values, seededRandom(5));
    expect(interval).toEqual({ low: 3, high: 9 });
    expect(medianInterval(values, seededRandom(5))).toEqual(interval);
  });

  it('is unknown for a single value', () => {
    expect(medianInterval([4], seededRandom(1))).toBeNull();
  });
});
