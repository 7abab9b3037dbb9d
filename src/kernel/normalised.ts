import { hash } from 'node:crypto';
import type { MeasuredRow } from '../contract/row.ts';
import type { Normalised } from './kernel.ts';
import type { Extremes } from './stretch.ts';

/** Its depth is named where it is not 8 bits. */
type Image = {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly depth?: 16;
};

/** The outcome for a file whose bytes are the same in all kernels: its hash is in the row. */
export function hashedFile(image: Image, own: Extremes, file: Buffer): Pick<Normalised, 'row' | 'file'> {
  return { row: normalisedRow(image, own, { sha256: hash('sha256', file) }), file };
}

/** The outcome for a file that other encoders write differently: the row vouches for its pixels before encoding. */
export function encodedFile(
  image: Image,
  own: Extremes,
  pixelsCrc32: number,
  file: Buffer,
): Pick<Normalised, 'row' | 'file'> {
  return { row: normalisedRow(image, own, { pixels_crc32: pixelsCrc32 }), file };
}

function normalisedRow(
  { key, width, height, depth }: Image,
  { min, max }: Extremes,
  output: NonNullable<MeasuredRow['output']>,
): MeasuredRow {
  return { key, width, height, channels: 3, ...(depth && { depth }), min, max, output };
}
