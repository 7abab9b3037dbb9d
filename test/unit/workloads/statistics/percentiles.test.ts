import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../../../src/workloads/statistics/percentiles.ts';

const values = fc.array(fc.nat(255), { minLength: 1, maxLength: 300 });
const percent = fc.oneof(
  fc.nat(100),
  fc.nat(1000).map((tenths) => tenths / 10),
);

describe('percentileOf', () => {
  it('is what the definition gives of the sorted values', () => {
    fc.assert(
      fc.property(values, percent, (all, percent) => {
        const sorted = all.toSorted((a, b) => a - b);
        const rank = ((sorted.length - 1) * percent) / 100;
        const [low = 0, high = low] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
        expect(percentileOf(countsOf(all), percent)).toBeCloseTo(low + (high - low) * (rank % 1), 9);
      }),
    );
  });

  it('never falls as the percentage rises, from the minimum to the maximum', () => {
    fc.assert(
      fc.property(values, fc.array(percent), (all, percents) => {
        const rising = [0, ...percents.toSorted((a, b) => a - b), 100];
        const found = rising.map((percent) => percentileOf(countsOf(all), percent));
        expect(found).toEqual(found.toSorted((a, b) => a - b));
        expect([found[0], found.at(-1)]).toEqual([Math.min(...all), Math.max(...all)]);
      }),
    );
  });

  it('is exact between two values, and rounds once', () => {
    // The rank of 99.9 % of 11 values is 9.99 exactly, which doubles do not have.
    const counts = countsOf([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]);
    expect(percentileOf(counts, 99.9)).toBe(252.45);
    expect(percentileOf(counts, 99.9, 255n)).toBe(0.99);
    expect(percentileOf(countsOf([1, 2]), 50)).toBe(1.5);
    expect(percentileOf(countsOf([7]), 33.3)).toBe(7);
  });

  it('finds the place among more pixels than a double can count', () => {
    const n = 2n ** 60n;
    expect(percentileOf([n, n], 50)).toBe(0.5);
    expect(percentileOf([n + 1n, n], 50)).toBe(0);
    expect(percentileOf([n, n + 1n], 50)).toBe(1);
  });
});

function countsOf(values: readonly number[]): bigint[] {
  const counts = new Array<bigint>(256).fill(0n);
  for (const value of values) counts[value] = (counts[value] ?? 0n) + 1n;
  return counts;
}
