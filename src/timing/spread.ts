/** The middle of some measurements, and how far they went. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** @throws RangeError for no values */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new RangeError('Expected at least one value.');
  }
  return { median: (low + high) / 2, min, max };
}
