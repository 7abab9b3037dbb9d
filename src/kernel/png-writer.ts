import { promisify } from 'node:util';
import { constants, crc32, deflate, deflateSync } from 'node:zlib';
import { PNG_SIGNATURE } from './formats/signature.ts';

/** Colour types. */
const GREY = 0;
const RGB = 2;
const FILTER_SUB = 1;

/**
 * Huffman codes without a search for repeats: for photographs after a filter a search costs much and gains little, and
 * all versions of zlib give the same bytes, so a file has one hash whatever language wrote it.
 */
const DEFLATE = {
  level: 1,
  strategy: constants.Z_HUFFMAN_ONLY,
  memLevel: 8,
  windowBits: 15,
  chunkSize: 256 * 1024,
};

const deflating = promisify<Uint8Array, typeof DEFLATE, Buffer>(deflate);

/**
 * A PNG of 8-bit RGB with one data chunk. Format: PNG, W3C Recommendation, sections 5, 9 and 11.2.
 *
 * @param lines as `filterLines` gives them
 */
export async function encodeRgbPng(lines: Uint8Array, width: number, height: number): Promise<Buffer> {
  const data = await deflating(lines, DEFLATE);
  return Buffer.concat([
    ...pngStart({ width, height, colour: RGB }),
    ...pngChunk('IDAT', data),
    ...pngChunk('IEND'),
  ]);
}

/** Put the filter "Sub" on each line: a byte of the filter's type, then each value less its left neighbour's. */
export function filterLines(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const lineBytes = 3 * width;
  const lines = new Uint8Array(height * (1 + lineBytes));
  let to = 0;
  for (let line = 0; line < rgb.length; line += lineBytes) {
    lines[to] = FILTER_SUB;
    lines.set(rgb.subarray(line, line + 3), to + 1);
    to += 4;
    for (let at = line + 3; at < line + lineBytes; at += 1, to += 1) {
      lines[to] = (rgb[at] as number) - (rgb[at - 3] as number);
    }
  }
  return lines;
}

/**
 * A PNG of 8-bit grey.
 *
 * The pixels are stored without compression: for tiny images that is as small, and the bytes do not depend on the
 * version of zlib.
 *
 * @param pixels row by row
 */
export function encodeGreyPng(pixels: Uint8Array, width: number, height: number): Buffer {
  const lines = Buffer.alloc(height * (width + 1)); // each line starts with filter type 0
  for (let y = 0; y < height; y += 1) {
    lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return Buffer.concat([
    ...pngStart({ width, height, colour: GREY }),
    ...pngChunk('IDAT', deflateSync(lines, { level: 0 })),
    ...pngChunk('IEND'),
  ]);
}

/** The signature and the header; compression, filter method and interlacing are 0. @param depth bits. @default 8 */
export function pngStart({
  width,
  height,
  depth = 8,
  colour,
}: {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colour: number;
}): Buffer[] {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  return [PNG_SIGNATURE, ...pngChunk('IHDR', header)];
}

/** A chunk in its parts, of which `body` is the second as it is. */
export function pngChunk(
  kind: string,
  body: Buffer = Buffer.alloc(0),
): [head: Buffer, body: Buffer, sum: Buffer] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(kind, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body, crc32(head.subarray(4))));
  return [head, body, sum];
}
