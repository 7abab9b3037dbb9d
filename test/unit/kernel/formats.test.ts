import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { failedRow, IMAGE_ERRORS } from '../../../src/contract/row.ts';
import { countLzwPixels } from '../../../src/kernel/formats/lzw.ts';
import { readStill } from '../../../src/kernel/formats/read.ts';
import type { Still } from '../../../src/kernel/formats/still.ts';
import { withinMemory } from '../../../src/kernel/image-memory.ts';
import { pngChunk, pngStart } from '../../../src/kernel/png-writer.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';

const FORMATS = ['jpeg', 'png', 'gif', 'webp', 'tiff'] as const;
const files: Partial<Record<(typeof FORMATS)[number], Buffer>> = {};

beforeAll(async () => {
  const data = Buffer.from(Array.from({ length: 30 * 20 * 3 }, (_, at) => (at * at * 7) % 256));
  for (const format of FORMATS) {
    const image = sharp(data, { raw: { width: 30, height: 20, channels: 3 } });
    files[format] = await image.toFormat(format, { compression: 'lzw' }).toBuffer();
  }
});

function file(format: (typeof FORMATS)[number]): Buffer {
  const found = files[format];
  if (found === undefined) throw new Error(`no ${format} file was made`);
  return found;
}

function still(data: Buffer): Still {
  const found = readStill(data);
  if (typeof found === 'string') throw new Error(`refused with ${found}`);
  return found;
}

function chunk(kind: string, body: Buffer): Buffer {
  return Buffer.concat(pngChunk(kind, body));
}

function png(width: number, height: number, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([...pngStart({ width, height, colour: 0 }), ...chunks]);
}

describe('every format', () => {
  test.each(FORMATS)(
    '%s: the size is read and the pieces are a file that decodes to the same',
    async (format) => {
      const found = still(file(format));
      expect(found).toMatchObject({ width: 30, height: 20, frameWidth: 30, frameHeight: 20 });
      const [before, after] = await Promise.all(
        [file(format), Buffer.concat(found.pieces)].map((data) => sharp(data).removeAlpha().raw().toBuffer()),
      );
      expect(after).toEqual(before);
    },
  );

  test.each(FORMATS)('%s: cut anywhere, it is refused or still decodes', async (format) => {
    const data = file(format);
    for (let length = 12; length < data.length; length += 1) {
      const found = readStill(data.subarray(0, length));
      if (typeof found === 'string') expect(['DECODE_FAILED', 'NOT_AN_IMAGE']).toContain(found);
      else await sharp(Buffer.concat(found.pieces)).raw().toBuffer();
    }
  });

  test.each(FORMATS)('%s: any damage gives a size or a known code, never an exception', (format) => {
    const data = file(format);
    const damage = fc.array(fc.tuple(fc.nat(data.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(damage, fc.nat(data.length), (bytes, length) => {
        const damaged = Buffer.from(data);
        for (const [at, value] of bytes) damaged[at] = value;
        for (const found of [readStill(damaged), readStill(damaged.subarray(0, length))]) {
          if (typeof found === 'string') expect(Object.keys(IMAGE_ERRORS)).toContain(found);
          else expect(found.width * found.height).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is no image', () => {
  test.each([
    ['', 'EMPTY_OBJECT'],
    ['This is a text.', 'NOT_AN_IMAGE'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'NOT_AN_IMAGE'],
    ['RIFF\x04\0\0\0WAVE', 'NOT_AN_IMAGE'],
    ['\xff\xd8', 'NOT_AN_IMAGE'],
    ['\xff\xd8\xff', 'DECODE_FAILED'],
    ['GIF89a', 'DECODE_FAILED'],
    ['II*\0', 'DECODE_FAILED'],
  ])('%j is %s', (text, code) => {
    expect(readStill(Buffer.from(text, 'latin1'))).toBe(code);
  });
});

describe('PNG', () => {
  const rows = chunk('IDAT', deflateSync(Buffer.alloc(9 * 10)));
  const end = chunk('IEND', Buffer.alloc(0));

  test('the size alone refuses too many pixels: the rest of the file may be missing', () => {
    expect(readStill(png(30_000, 30_000, []))).toBe('TOO_MANY_PIXELS');
    expect(readStill(png(16_384, 8_192, [rows, end]))).toMatchObject({ width: 16_384 });
    expect(readStill(png(16_384, 8_193, [rows, end]))).toBe('TOO_MANY_PIXELS');
    expect(readStill(png(1_000_001, 1, [rows, end]))).toBe('UNSUPPORTED_VARIANT');
    expect(readStill(png(0, 9, [rows, end]))).toBe('DECODE_FAILED');
  });

  test('metadata does not reach the decoder', () => {
    const text = chunk('tEXt', Buffer.from('Comment\0here'));
    const plain = png(8, 10, [rows, end]);
    expect(Buffer.concat(still(png(8, 10, [text, rows, text, end])).pieces)).toEqual(plain);
  });

  test('a sound chunk that must be understood and is not known makes a variant; one of no letters is damage', () => {
    const unknown = (kind: string) => readStill(png(8, 10, [chunk(kind, Buffer.alloc(1)), rows, end]));
    expect(unknown('XYZA')).toBe('UNSUPPORTED_VARIANT');
    expect(unknown('X1Z\0')).toBe('DECODE_FAILED');
    expect(unknown('xyzA')).toMatchObject({ width: 8, height: 10 });
  });

  test('a wrong checksum and image data in two places are damage', () => {
    const damaged = Buffer.from(rows);
    damaged[10] = (damaged[10] ?? 0) ^ 1;
    const text = chunk('tEXt', Buffer.alloc(3));
    expect(readStill(png(8, 10, [damaged, end]))).toBe('DECODE_FAILED');
    expect(readStill(png(8, 10, [rows, text, rows, end]))).toBe('DECODE_FAILED');
    expect(readStill(png(8, 10, [rows]))).toBe('DECODE_FAILED');
  });
});

describe('JPEG', () => {
  test('metadata and what follows the end do not reach the decoder', () => {
    const plain = file('jpeg');
    const exif = Buffer.from('\xff\xe1\0\x08Exif\0\0', 'latin1');
    const dressed = Buffer.concat([plain.subarray(0, 2), exif, plain.subarray(2), Buffer.from('behind')]);
    expect(Buffer.concat(still(dressed).pieces)).toEqual(plain);
  });

  test('more scans than any encoder writes are refused', async () => {
    const progressive = await sharp(file('jpeg')).jpeg({ progressive: true }).toBuffer();
    const last = progressive.lastIndexOf(Buffer.of(0xff, 0xda));
    const scan = progressive.subarray(last, -2);
    const many = [progressive.subarray(0, -2), ...Array(100).fill(scan), Buffer.of(0xff, 0xd9)];
    expect(readStill(Buffer.concat(many))).toBe('UNSUPPORTED_VARIANT');
    expect(readStill(progressive)).toMatchObject({ streamed: false });
  });
});

describe('GIF', () => {
  test('a frame smaller than the screen becomes a file of its own', async () => {
    const data = Buffer.from(file('gif'));
    data.writeUInt16LE(100, 6);
    data.writeUInt16LE(50, 8);
    const found = still(data);
    expect(found).toMatchObject({ width: 100, height: 50, frameWidth: 30, frameHeight: 20 });
    expect(await sharp(Buffer.concat(found.pieces)).metadata()).toMatchObject({ width: 30, height: 20 });
  });

  test('the pixels of the codes are counted exactly, and too few are damage', async () => {
    const data = file('gif');
    expect(pixelsOf(data)).toBe(600);
    const cut = cutShort(data, 24);
    expect(pixelsOf(cut)).toBeLessThan(600);
    const { row } = await createSharpKernel().prepare(cut, 'a').measure('stats');
    expect(row).toEqual(failedRow('a', 'DECODE_FAILED'));
  });

  test('what is too large is refused for that, however little of it is there', async () => {
    const claims = cutShort(file('gif'), 8_000);
    const { row } = await withinMemory(createSharpKernel(), 100e6).prepare(claims, 'a').measure('stats');
    expect(row).toEqual(failedRow('a', 'TOO_MUCH_MEMORY'));
  });

  function pixelsOf(data: Buffer): number {
    return countLzwPixels(still(data).lzw ?? Buffer.alloc(2), Number.POSITIVE_INFINITY);
  }

  /** The GIF with a frame of another size whose first block ends early: its last bytes and the end code are gone. */
  function cutShort(data: Buffer, side: number): Buffer {
    const cut = Buffer.from(data);
    const image = data.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 30, 0, 20, 0]));
    const flags = data[image + 9] ?? 0;
    const codes = image + 10 + (flags & 0x80 ? 6 << (flags & 7) : 0);
    cut[codes + 1] = (cut[codes + 1] ?? 0) - 20;
    cut[codes + 2 + (cut[codes + 1] ?? 0)] = 0;
    cut.writeUInt16LE(side, image + 5);
    cut.writeUInt16LE(side, image + 7);
    return cut;
  }
});
