import type { ImageErrorCode } from '../../contract/row.ts';
import { readGif } from './gif.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { type ImageFormat, imageFormatOf } from './signature.ts';
import { Refused, type Still } from './still.ts';
import { readTiff } from './tiff.ts';
import { readWebp } from './webp.ts';

/** Find the format by its first bytes, whatever the file is called, and read its header. */
export function readStill(data: Buffer): Still | ImageErrorCode {
  if (data.length === 0) return 'EMPTY_OBJECT';
  const format = imageFormatOf(data);
  if (format === undefined) return 'NOT_AN_IMAGE';
  try {
    return READERS[format](data);
  } catch (reason) {
    if (reason instanceof Refused) return reason.code;
    if (isBeyondEnd(reason)) return 'DECODE_FAILED';
    throw reason;
  }
}

const READERS: Readonly<Record<ImageFormat, (data: Buffer) => Still>> = {
  jpeg: readJpeg,
  png: readPng,
  gif: readGif,
  webp: readWebp,
  tiff: readTiff,
};

/** A read behind the last byte: the file is cut short. */
function isBeyondEnd(reason: unknown): boolean {
  const code = reason instanceof RangeError && 'code' in reason ? reason.code : undefined;
  return code === 'ERR_OUT_OF_RANGE' || code === 'ERR_BUFFER_OUT_OF_BOUNDS';
}
