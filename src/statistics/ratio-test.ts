import { type Interval, pairedRatioInterval, ratioInterval } from './bootstrap.ts';
import { median } from './median.ts';
import { permutationTest, signFlipTest } from './permutation.ts';
import type { Random } from './random.ts';

/** A p-value below this one is no chance. */
export const SIGNIFICANCE = 0.05;
/** A difference below this part is not worth a call, however sure it is. */
export const MINIMUM_EFFECT = 0.05;

export type Direction = 'higher' | 'lower' | 'no difference shown';

/** Whether one sample of positive figures, such as times, is higher than another. */
export interface RatioTest {
  /** Median of the second sample over that of the first. */
  readonly ratio: number;
  /** The 95 % interval of the ratio, from 0 to infinity where a single value says nothing of it. */
  readonly low: number;
  readonly high: number;
  /** How often chance alone would set them at least as far apart. */
  readonly pValue: number;
  /** The second sample against the first. */
  readonly verdict: Direction;
}

export interface RatioTestOptions {
  /** As a part: 0.05 for 5 %. */
  readonly minimumEffect: number;
  readonly random: Random;
}

/**
 * Whether `b` is higher than `a`, of figures that were measured in pairs.
 *
 * @param pairs values above 0, at least one pair
 * @throws RangeError for anything else
 */
export function pairedRatioTest(
  pairs: readonly { readonly a: number; readonly b: number }[],
  { minimumEffect, random }: RatioTestOptions,
): RatioTest {
  expectPositive(pairs.flatMap(({ a, b }) => [a, b]));
  const ratio = median(pairs.map(({ b }) => b)) / median(pairs.map(({ a }) => a));
  const pValue = signFlipTest(
    pairs.map(({ a, b }) => Math.log(b) - Math.log(a)),
    random,
  );
  return judged(ratio, pairedRatioInterval(pairs, random), pValue, minimumEffect);
}

/**
 * Whether what is measured now is higher than a baseline of another day, which it has no pairs with.
 *
 * @param baseline values above 0, at least one
 * @param current values above 0, at least one
 * @throws RangeError for anything else
 */
export function ratioTest(
  baseline: readonly number[],
  current: readonly number[],
  { minimumEffect, random }: RatioTestOptions,
): RatioTest {
  expectPositive(baseline);
  expectPositive(current);
  const pValue = permutationTest(baseline.map(Math.log), current.map(Math.log), random);
  const interval = ratioInterval(baseline, current, random);
  return judged(median(current) / median(baseline), interval, pValue, minimumEffect);
}

/**
 * A difference is called if chance does not explain it, both by the test and by the interval, and it is large enough to
 * matter. docs/methodology.md says how often that is wrong, and how many pairs it takes.
 */
function judged(ratio: number, interval: Interval | null, pValue: number, minimumEffect: number): RatioTest {
  const { low, high } = interval ?? { low: 0, high: Number.POSITIVE_INFINITY };
  const significant = pValue < SIGNIFICANCE;
  let verdict: Direction = 'no difference shown';
  if (significant && low > 1 && ratio >= 1 + minimumEffect) verdict = 'higher';
  if (significant && high < 1 && ratio <= 1 / (1 + minimumEffect)) verdict = 'lower';
  return { ratio, low, high, pValue, verdict };
}

/** The fewest pairs with which any difference can be called: of n the least p-value is 2 / 2^n. */
export const FEWEST_PAIRS = Math.floor(1 + Math.log2(1 / SIGNIFICANCE)) + 1;

function expectPositive(values: readonly number[]): void {
  if (values.length > 0 && values.every((value) => value > 0 && Number.isFinite(value))) return;
  throw new RangeError('Expected at least one value, all of them finite and above 0.');
}
