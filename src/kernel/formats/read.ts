import type { ImageErrorCode } from '../row.ts';
import { readGif } from './gif.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { Refused, type Still } from './still.ts';
import { readTiff } from './tiff.ts';
import { readWebp } from './webp.ts';

/** Find the format by its first bytes, whatever the file is called, and read its header. */
export function readStill(data: Buffer): Still | ImageErrorCode {
  if (data.length === 0) return 'EMPTY_OBJECT';
  const read = readerOf(data);
  if (read === undefined) return 'NOT_AN_IMAGE';
  try {
    return read(data);
  } catch (reason) {
    if (reason instanceof Refused) return reason.code;
    if (isBeyondEnd(reason)) return 'DECODE_FAILED';
    throw reason;
  }
}

function readerOf(data: Buffer): ((data: Buffer) => Still) | undefined {
  const magic = data.toString('latin1', 0, 12);
  if (magic.startsWith('\xff\xd8\xff')) return readJpeg;
  if (magic.startsWith('\x89PNG\r\n\x1a\n')) return readPng;
  if (magic.startsWith('GIF87a') || magic.startsWith('GIF89a')) return readGif;
  if (magic.startsWith('RIFF') && magic.endsWith('WEBP') && magic.length === 12) return readWebp;
  if (/^(II[*+]\0|MM\0[*+])/.test(magic)) return readTiff;
  return undefined;
}

/** A read behind the last byte: the file is cut short. */
function isBeyondEnd(reason: unknown): boolean {
  const code = reason instanceof RangeError && 'code' in reason ? reason.code : undefined;
  return code === 'ERR_OUT_OF_RANGE' || code === 'ERR_BUFFER_OUT_OF_BOUNDS';
}
