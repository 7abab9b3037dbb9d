import { crc32 } from 'node:zlib';
import { pngChunk } from '../png-writer.ts';
import { Pieces } from './pieces.ts';
import { checkSize, must, type Still } from './still.ts';

const GREY = 0;
const RGB = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const RGBA = 6;

/** Bit depths that the standard has for each colour type. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [GREY]: [1, 2, 4, 8, 16],
  [RGB]: [8, 16],
  [PALETTE]: [1, 2, 4, 8],
  [GREY_ALPHA]: [8, 16],
  [RGBA]: [8, 16],
};

/**
 * Walk the chunks of a PNG (ISO/IEC 15948): every checksum must hold, and only the chunks that decide the pixels
 * of the first image go to the decoder.
 */
export function readPng(data: Buffer): Still {
  // Xcode writes such files for iOS: sound, but with other headers and another order of colours.
  must(data.toString('latin1', 12, 16) !== 'CgBI', 'UNSUPPORTED_VARIANT');
  must(data.readUInt32BE(8) === 13 && data.toString('latin1', 12, 16) === 'IHDR');
  const width = data.readUInt32BE(16);
  const height = data.readUInt32BE(20);
  const depth = data.readUInt8(24);
  const colour = data.readUInt8(25);
  const interlace = data.readUInt8(28);
  must(DEPTHS[colour]?.includes(depth) === true);
  must(data.readUInt8(26) === 0 && data.readUInt8(27) === 0 && interlace <= 1);
  checkSize(width, height);

  const pieces = new Pieces(data);
  let at = 8;
  let entries = 0;
  let transparent = false;
  let image: 'to come' | 'here' | 'over' = 'to come';
  for (let kind = ''; kind !== 'IEND'; ) {
    const length = data.readUInt32BE(at);
    const next = at + 12 + length;
    must(next <= data.length);
    kind = data.toString('latin1', at + 4, at + 8);
    must(crc32(data.subarray(at + 4, next - 4)) === data.readUInt32BE(next - 4));
    let keep = false;
    if (image === 'here' && kind !== 'IDAT') image = 'over';
    if (kind === 'IHDR') {
      must(at === 8);
    } else if (kind === 'IDAT') {
      must(image !== 'over');
      image = 'here';
      keep = true;
    } else if (kind === 'PLTE' && colour === PALETTE) {
      must(image === 'to come' && entries === 0 && length > 0 && length % 3 === 0);
      // No index reaches what is behind so many.
      entries = Math.min(length / 3, 1 << depth);
      if (length > 3 * entries)
        pieces.replace(at, next, Buffer.concat(pngChunk(kind, data.subarray(at + 8, at + 8 + 3 * entries))));
      keep = true;
    } else if (kind === 'tRNS' && image === 'to come' && colour <= PALETTE) {
      must(!transparent);
      const stored = data.subarray(at + 8, next - 4);
      const body = transparency(stored, colour, depth, entries);
      keep = body.length > 0;
      if (keep && !body.equals(stored)) pieces.replace(at, next, Buffer.concat(pngChunk(kind, body)));
      transparent = true;
    } else if (kind === 'IEND') {
      must(length === 0);
      keep = true;
    } else {
      // A decoder may skip what it does not know, unless the first letter is a capital. PLTE only suggests colours here.
      const known = ((kind.charCodeAt(0) >> 5) & 1) === 1 || kind === 'PLTE';
      must(known, /^[A-Za-z]{4}$/.test(kind) ? 'UNSUPPORTED_VARIANT' : 'DECODE_FAILED');
    }
    if (at > 8 && !keep) pieces.cut(at, next);
    at = next;
  }
  must(image !== 'to come');
  must(colour !== PALETTE || entries > 0);
  return {
    width,
    height,
    frameWidth: width,
    frameHeight: height,
    frameLeft: 0,
    frameTop: 0,
    grey: colour === GREY && depth <= 8 && !transparent,
    ...(depth === 16 && { deep: colour === GREY || colour === GREY_ALPHA ? 'grey16' : 'rgb16' }),
    streamed: interlace === 0,
    perPixel: bytesPerPixel(colour, depth, interlace === 0, transparent),
    pieces: pieces.upTo(at),
  };
}

/**
 * Libraries expand what is not plain grey, hold an interlaced image twice, and replace a clear colour in a copy. Of 16
 * bits they put the low ones beside the high ones.
 */
function bytesPerPixel(colour: number, depth: number, streamed: boolean, transparent: boolean): number {
  if (depth === 16) return (colour === GREY ? 13 : 26) + (streamed ? 0 : 8);
  if (colour === GREY && !transparent) return (depth === 1 ? 3 : 2) + (streamed ? 0 : 1);
  return streamed && !transparent ? 5 : 9;
}

/**
 * One alpha per palette entry, and none for entries that are not there; or the one grey or colour that is clear, in 16-bit
 * numbers of which `depth` bits count (11.3.2.1): decoders differ in what they do with the others.
 */
function transparency(body: Buffer, colour: number, depth: number, entries: number): Buffer {
  if (colour === PALETTE) {
    must(entries > 0);
    return body.subarray(0, entries);
  }
  must(body.length === (colour === GREY ? 2 : 6));
  const most = (1 << depth) - 1;
  return Buffer.from(body.map((byte, place) => byte & (place % 2 === 0 ? most >> 8 : most & 0xff)));
}
