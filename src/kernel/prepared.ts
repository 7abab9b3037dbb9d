import type { NormalisedFormat } from '../contract/normalisation.ts';
import { failedRow, type ImageErrorCode } from '../contract/row.ts';
import type { Normalised, Prepared } from './kernel.ts';

/** An image that is not decoded, since its header says that it would be refused. */
export function refusedImage(key: string, code: ImageErrorCode): Prepared {
  const row = failedRow(key, code);
  const outcome = async () => ({ row, decodeMs: 0, computeMs: 0 });
  return {
    workingBytes: 0,
    mostBytes: () => 0,
    measure: outcome,
    normalisingBytes: () => 0,
    normalise: outcome,
    histogram: outcome,
    approximate: outcome,
    pixelsBytes: 0,
    pixels: async () => ({ failed: row, decodeMs: 0 }),
  };
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
