import type { Centre } from '../src/kernel/centres.ts';

/** How many labels are others than the exact ones. */
export function otherLabels(exact: ArrayLike<number>, labels: ArrayLike<number>): number {
  let others = Math.abs(exact.length - labels.length);
  for (let at = 0; at < Math.min(exact.length, labels.length); at += 1) {
    if (exact[at] !== labels[at]) others += 1;
  }
  return others;
}

/** The first of the centres that are nearest to a vector, by fractions. */
export function nearestByFractions(centres: readonly Centre[], vector: Uint8Array): number {
  let [best, bestAbove, bestBelow] = [-1, 0n, 1n];
  for (const [at, { count, sum }] of centres.entries()) {
    let above = 0n;
    for (const [index, value] of vector.entries()) above += BigInt(value * count - (sum[index] ?? 0)) ** 2n;
    const below = BigInt(count) ** 2n;
    if (best < 0 || above * bestBelow < bestAbove * below) [best, bestAbove, bestBelow] = [at, above, below];
  }
  return best;
}
