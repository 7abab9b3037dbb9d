import { promisify } from 'node:util';
import { constants, crc32, deflate } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
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
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // bits per sample, colour type RGB; compression, filter method and interlacing stay 0
  const data = await deflating(lines, DEFLATE);
  return Buffer.concat([SIGNATURE, ...chunk('IHDR', header), ...chunk('IDAT', data), ...chunk('IEND')]);
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

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(data, crc32(head.subarray(4))));
  return [head, data, sum];
}
