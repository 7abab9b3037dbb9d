/** How often each of the values 0-255 occurs: for R, G and B. */
export type Histogram = readonly [readonly number[], readonly number[], readonly number[]];

/**
 * How often each value of 16 bits occurs, for R, G and B: pairs of a value and its count, in one list, the values
 * ascending, and only those that occur.
 */
export type DeepHistogram = readonly [readonly number[], readonly number[], readonly number[]];

/** The histogram of one batch: `histograms/<batch>.json` of an arm. */
export interface BatchHistogram {
  readonly batch: number;
  /** Images that could be measured, and whose pixels are counted. */
  readonly images: number;
  /** How often each value 0-255 occurs, for R, G and B: of the images whose rows are of 8 bits. */
  readonly counts: Histogram;
  /** Those of 16 bits: only where there are any, and all bits are wanted. */
  readonly deep?: { readonly images: number; readonly counts: DeepHistogram };
}

/**
 * The one text form of a histogram: compact JSON, fields in the order of the type, no line end. The same as
 * `serialize_histogram` in ec2-workers/fanfleet/histogram.py, to the byte.
 */
export function serializeHistogram({ batch, images, counts, deep }: BatchHistogram): string {
  return JSON.stringify({
    batch,
    images,
    counts,
    ...(deep && { deep: { images: deep.images, counts: deep.counts } }),
  });
}
