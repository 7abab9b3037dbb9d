/** The middle of some measurements, and how far they went. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/**
 * The quantile of some values, in proportion between the two that are nearest (type 7 of Hyndman and Fan, "Sample
 * Quantiles in Statistical Packages", The American Statistician 50(4), 1996).
 *
 * @param sorted ascending
 * @param part from 0 (the least) to 1 (the most)
 * @throws RangeError for no values
 */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined) throw new RangeError('Expected at least one value.');
  return low + (high - low) * (place - Math.floor(place));
}

/** @throws RangeError for no values */
export function median(values: ArrayLike<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** @throws RangeError for no values */
export function spread(values: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}
