import { median } from './median.ts';

/**
 * How many times more the one is than the other: the median over rounds, since what slows a machine down for a while
 * slows both.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)));
}
