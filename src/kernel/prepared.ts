import type { NormalisedFormat } from '../contract/normalisation.ts';
import { type FailedRow, failedRow, type ImageErrorCode, isFailed } from '../contract/row.ts';
import { type ApproximateRow, approximateRow } from './approximate.ts';
import type { ValueCounts } from './histogram.ts';
import type { Measured, Normalised, Prepared } from './kernel.ts';

/** An image that is not decoded, since its header says that it would be refused. */
export function refusedImage(key: string, code: ImageErrorCode): Prepared {
  const row = failedRow(key, code);
  const outcome = async () => ({ row, decodeMs: 0, computeMs: 0 });
  return {
    key,
    workingBytes: 0,
    mostBytes: () => 0,
    measure: outcome,
    normalisingBytes: () => 0,
    normalise: outcome,
    histogram: outcome,
    approximate: outcome,
    pixelsBytes: 0,
    pixels: async () => ({ failed: row, decodeMs: 0 }),
    tensorBytes: () => 0,
  };
}

/** Measure an image as `stats` does, and add its values to `counts` if it could be measured. */
export async function countImage(prepared: Prepared, counts: ValueCounts): Promise<Measured> {
  const { row, ...measured } = await prepared.histogram();
  if ('error' in row) return { ...measured, row };
  const { histogram, ...statistics } = row;
  counts.addImage(row);
  return { ...measured, row: statistics };
}

/** The exact means of an image, as if they were approximate. */
export async function exactMeans(prepared: Prepared): Promise<Measured<ApproximateRow | FailedRow>> {
  const { row, ...times } = await prepared.measure('mean');
  if (isFailed(row)) return { row, ...times };
  return { row: approximateRow(row, row.sum ?? [0, 0, 0], row.width * row.height), ...times };
}

/** The most bytes that a normalised file takes while it is made: a PNG and the lines it is made of, or either other. */
export function outputBytes(
  { width, height }: { readonly width: number; readonly height: number },
  format: NormalisedFormat,
): number {
  const rgb = 3 * width * height;
  return { png: 2 * (rgb + height), jpeg: rgb, npy: 4 * rgb }[format];
}

/** The outcome for an image that libjpeg cannot write, since it has a longer side than its JPEG_MAX_DIMENSION. */
export function tooLargeFor(
  format: NormalisedFormat,
  { width, height }: { readonly width: number; readonly height: number },
  key: string,
): Normalised | undefined {
  if (format !== 'jpeg' || Math.max(width, height) <= 65_500) return undefined;
  return { row: failedRow(key, 'OUTPUT_TOO_LARGE'), decodeMs: 0, computeMs: 0 };
}
