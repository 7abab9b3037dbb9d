import type { Centre } from '../../kernel/centres.ts';

/** What went to a cluster: how many images, the sum of their squared lengths, and the sums of each of their values. */
export interface Gathered {
  readonly count: number;
  readonly square: bigint;
  readonly sum: readonly number[];
}

/**
 * The sum of the squared distances of images to their centres, exact until it is rounded to 6 decimals, half up. That of N
 * images whose squared lengths add up to W and whose values add up to T, to the centre S/n, is W - 2 (T·S)/n + N |S|²/n².
 */
export function inertiaText(centres: readonly Centre[], gathered: readonly Gathered[]): string {
  /** By their denominator, which is the square of this. */
  const numerators = new Map<number, bigint>();
  for (const [cluster, { count, square, sum }] of gathered.entries()) {
    const centre = centres[cluster];
    if (count === 0 || centre === undefined) continue;
    const n = BigInt(centre.count);
    const own = square * n * n - 2n * n * dot(sum, centre.sum) + BigInt(count) * dot(centre.sum, centre.sum);
    numerators.set(centre.count, (numerators.get(centre.count) ?? 0n) + own);
  }
  let [numerator, denominator] = [0n, 1n];
  for (const [n, own] of numerators) {
    const square = BigInt(n) ** 2n;
    numerator = numerator * square + own * denominator;
    denominator *= square;
  }
  return decimals(numerator, denominator);
}

/** A fraction of at least 0 with 6 decimals, rounded half up. */
export function decimals(numerator: bigint, denominator: bigint): string {
  const millionths = (2_000_000n * numerator + denominator) / (2n * denominator);
  const [whole, rest] = [millionths / 1_000_000n, millionths % 1_000_000n];
  return `${whole}.${String(rest).padStart(6, '0')}`;
}

/** Numbers up to this may be added to one another once more and stay exact. */
const EXACT = 2 ** 52;

/** The sum of the products of integers of at least 0, exact: as doubles as far as these are. */
export function dot(a: readonly number[], b: readonly number[]): bigint {
  let total = 0n;
  let part = 0;
  for (let i = 0; i < a.length; i += 1) {
    const [left = 0, right = 0] = [a[i], b[i]];
    const product = left * right;
    if (product > EXACT) {
      total += BigInt(left) * BigInt(right);
      continue;
    }
    if (part > EXACT) {
      total += BigInt(part);
      part = 0;
    }
    part += product;
  }
  return total + BigInt(part);
}
