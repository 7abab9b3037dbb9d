import { normalBelow, studentQuantile } from './distributions.ts';
import { quantile } from './median.ts';
import type { Random } from './random.ts';

/** Where a figure lies with 95 % confidence, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of all intervals here. */
export const CONFIDENCE = 0.95;
/** How often is drawn anew: the ends of an interval then move by about a hundredth of its length from seed to seed. */
const RESAMPLES = 10_000;

/**
 * The bootstrap interval of the median; null for fewer than two values, which say nothing of their noise.
 *
 * @throws RangeError for no values
 */
export function medianInterval(values: readonly number[], random: Random): Interval | null {
  const drawn = new Float64Array(values.length);
  return percentileInterval(values.length, () => {
    for (let i = 0; i < drawn.length; i += 1) drawn[i] = drawFrom(values, random);
    return medianInPlace(drawn);
  });
}

/**
 * The bootstrap interval of the median of `b` over that of `a`. Pairs are drawn, not values, so that what a pair has in
 * common stays in both: the two of a pair were measured one after the other.
 *
 * @param pairs values above 0
 */
export function pairedRatioInterval(
  pairs: readonly { readonly a: number; readonly b: number }[],
  random: Random,
): Interval | null {
  const a = new Float64Array(pairs.length);
  const b = new Float64Array(pairs.length);
  return logarithmicInterval(pairs.length, () => {
    for (let i = 0; i < pairs.length; i += 1) {
      const pair = drawFrom(pairs, random);
      a[i] = pair.a;
      b[i] = pair.b;
    }
    return medianInPlace(b) / medianInPlace(a);
  });
}

/** The same of two samples that are no pairs: each is drawn from by itself. */
export function ratioInterval(a: readonly number[], b: readonly number[], random: Random): Interval | null {
  const ofA = new Float64Array(a.length);
  const ofB = new Float64Array(b.length);
  return logarithmicInterval(Math.min(a.length, b.length), () => {
    for (let i = 0; i < ofA.length; i += 1) ofA[i] = drawFrom(a, random);
    for (let i = 0; i < ofB.length; i += 1) ofB[i] = drawFrom(b, random);
    return medianInPlace(ofB) / medianInPlace(ofA);
  });
}

/** Quantiles of ratios are taken of their logarithms: then twice as slow is as far from 1 as twice as fast. */
function logarithmicInterval(size: number, drawRatio: () => number): Interval | null {
  const interval = percentileInterval(size, () => Math.log(drawRatio()));
  return interval && { low: Math.exp(interval.low), high: Math.exp(interval.high) };
}

/**
 * The expanded percentile interval (Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician
 * 69(4), 2015; arXiv 1411.5279): the plain percentiles (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13) are too narrow for few values, by about what separates the normal from Student's distribution and n from
 * n - 1. The ends are the quantiles at
 *
 *     Φ(-√(n / (n - 1)) t(0.975, n - 1)) and 1 minus that.
 */
function percentileInterval(size: number, draw: () => number): Interval | null {
  if (size < 2) return null;
  const figures = Float64Array.from({ length: RESAMPLES }, draw).sort();
  const tail = normalBelow(-Math.sqrt(size / (size - 1)) * studentQuantile(CONFIDENCE, size - 1));
  return { low: quantile(figures, tail), high: quantile(figures, 1 - tail) };
}

function drawFrom<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T;
}

/** The median of values that may be put in another order: insertion beats any other sort of so few. */
function medianInPlace(values: Float64Array): number {
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number;
    let place = i;
    for (; place > 0 && (values[place - 1] as number) > value; place -= 1) {
      values[place] = values[place - 1] as number;
    }
    values[place] = value;
  }
  const middle = values.length >> 1;
  const high = values[middle] as number;
  return values.length % 2 === 1 ? high : ((values[middle - 1] as number) + high) / 2;
}
