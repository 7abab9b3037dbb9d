import type { Histogram } from '../kernel/histogram.ts';

/** The histogram of one batch: `histograms/<batch>.json` of an arm. */
export interface BatchHistogram {
  readonly batch: number;
  /** Images that could be measured, and whose pixels are counted. */
  readonly images: number;
  /** How often each value 0-255 occurs, for R, G and B. */
  readonly counts: Histogram;
}

/**
 * The one text form of a histogram: compact JSON, fields in the order of the type, no line end. The same as
 * `serialize_histogram` in ec2-workers/fanfleet/histogram.py, to the byte.
 */
export function serializeHistogram({ batch, images, counts }: BatchHistogram): string {
  return JSON.stringify({ batch, images, counts });
}
