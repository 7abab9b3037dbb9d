import { ratioToDouble } from '../../statistics/rational.ts';

/** Which percentiles a summary has. Its counts give any other. */
export const PERCENTS = [1, 5, 25, 50, 75, 95, 99] as const;

/** Percentages are taken to six decimals. */
const PER_PERCENT = 1_000_000;
const WHOLE = BigInt(100 * PER_PERCENT);

/**
 * A percentile of values that were counted: that of Hyndman and Fan's definition 7, as
 * `numpy.percentile(values, percent, method='linear')`. It lies at the rank h = (n - 1) percent / 100 of the sorted
 * values, counted from 0, and between two of them in proportion.
 *
 * Rank and place are rational numbers here and rounded once, at the end. numpy rounds h first: where the two values
 * next to h differ, its result may differ by their difference times n / 2^52. Where they are equal, as nearly always
 * among millions of pixels, both give that very value.
 *
 * @param counts how often each of the values 0, 1, 2, … occurs; at least one does
 * @param percent 0 to 100
 * @param unit what the value is divided by before it is rounded. @default 1
 */
export function percentileOf(counts: readonly bigint[], percent: number, unit = 1n): number {
  const n = counts.reduce((sum, count) => sum + count, 0n);
  const rank = (n - 1n) * BigInt(Math.round(percent * PER_PERCENT));
  const whole = rank / WHOLE;
  const part = rank % WHOLE;
  const low = valueAt(counts, whole);
  const high = part === 0n ? low : valueAt(counts, whole + 1n);
  return ratioToDouble(BigInt(low) * WHOLE + BigInt(high - low) * part, WHOLE * unit);
}

/** The value at a rank of the sorted values, counted from 0. */
function valueAt(counts: readonly bigint[], rank: bigint): number {
  let seen = 0n;
  return counts.findIndex((count) => {
    seen += count;
    return seen > rank;
  });
}
