import { crc32 } from 'node:zlib';
import type { Normalisation } from '../contract/normalisation.ts';
import { type DeepPixels, deepExtremes, deepOverBlack, type OpaqueDeep } from './deep.ts';
import type { Still } from './formats/still.ts';
import type { Normalised } from './kernel.ts';
import { sharp } from './load-sharp.ts';
import { encodedFile, hashedFile } from './normalised.ts';
import { npyHeader } from './npy.ts';
import { encodeRgbPng, filterLines } from './png-writer.ts';
import { compositeOverBlack, measurePixels, type Opaque, type Pixels } from './scan.ts';
import {
  type Extremes,
  type Stretch,
  stretchBytes,
  stretchFloats,
  stretchPixels,
  stretchRange,
} from './stretch.ts';

/**
 * Stretch decoded pixels and encode them: PNG and npy by our own code, JPEG by sharp.
 *
 * @param decoded overwritten where they have alpha
 */
export function normalisePixels(
  key: string,
  still: Still,
  decoded: Pixels,
  normalisation: Normalisation,
): Promise<Pick<Normalised, 'row' | 'file'>> {
  const pixels = compositeOverBlack(decoded);
  const { min = [0, 0, 0], max = [0, 0, 0] } = measurePixels(key, still, pixels, 'minmax');
  const own = { min, max };
  return stretched({ key }, still, pixels, own, stretchRange(own, 8, normalisation), normalisation);
}

/** The same of pixels of 16 bits: from all their bits. */
export function normaliseDeep(
  key: string,
  still: Still,
  decoded: DeepPixels,
  normalisation: Normalisation,
): Promise<Pick<Normalised, 'row' | 'file'>> {
  const pixels = deepOverBlack(decoded);
  const own = deepExtremes(pixels);
  const range = stretchRange(own, 16, normalisation);
  return stretched({ key, depth: 16 }, still, pixels, own, range, normalisation);
}

async function stretched(
  named: { readonly key: string; readonly depth?: 16 },
  still: Still,
  pixels: Opaque | OpaqueDeep,
  own: Extremes,
  range: Stretch,
  normalisation: Normalisation,
): Promise<Pick<Normalised, 'row' | 'file'>> {
  const { width, height } = still;
  const image = { ...named, width, height };
  if (normalisation.format === 'npy') return hashedFile(image, own, npyFile(still, pixels, range));
  const rgb = Buffer.allocUnsafe(3 * width * height);
  stretchPixels(rgb, still, pixels, tables(range, stretchBytes));
  if (normalisation.format === 'png') {
    return hashedFile(image, own, await encodeRgbPng(filterLines(rgb, width, height), width, height));
  }
  return encodedFile(image, own, crc32(rgb), await encodeJpeg(rgb, still, normalisation.quality));
}

function npyFile(still: Still, pixels: Opaque | OpaqueDeep, range: Stretch): Buffer {
  const header = npyHeader(still.width, still.height);
  const numbers = 3 * still.width * still.height;
  const file = Buffer.allocUnsafeSlow(header.length + 4 * numbers);
  header.copy(file);
  const floats = new Float32Array(file.buffer, header.length, numbers);
  stretchPixels(floats, still, pixels, tables(range, stretchFloats));
  return file;
}

function tables<T>(
  { min, max, values, step }: Stretch,
  table: (min: number, max: number, values: number, step: number) => T,
): [T, T, T] {
  const red = table(min[0], max[0], values, step);
  const of = (channel: 1 | 2) =>
    min[channel] === min[0] && max[channel] === max[0]
      ? red
      : table(min[channel], max[channel], values, step);
  return [red, of(1), of(2)];
}

/** The segment of JFIF 1.01 (pixels are square), which sharp leaves out and libjpeg writes. */
const JFIF = Buffer.from('ffe000104a46494600010100000100010000', 'hex');

/** As libjpeg does it: without trellis quantisation, optimised tables or progression. */
async function encodeJpeg(rgb: Buffer, { width, height }: Still, quality: number): Promise<Buffer> {
  const file = await sharp(rgb, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .jpeg({
      quality,
      chromaSubsampling: '4:2:0',
      progressive: false,
      optimiseCoding: false,
      trellisQuantisation: false,
      overshootDeringing: false,
      quantisationTable: 0,
    })
    .toBuffer();
  return Buffer.concat([file.subarray(0, 2), JFIF, file.subarray(2)]);
}
