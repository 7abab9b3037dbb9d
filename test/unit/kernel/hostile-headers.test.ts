import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { IMAGE_ERRORS } from '../../../src/contract/row.ts';
import { readStill } from '../../../src/kernel/formats/read.ts';
import { pngChunk } from '../../../src/kernel/png-writer.ts';

const FORMATS = ['jpeg', 'png', 'gif', 'webp', 'tiff'] as const;
type Format = (typeof FORMATS)[number];
/** So many parts of a few bytes each: time or memory that grows with their square would not end. */
const MANY = 300_000;
const files = {} as Record<Format, Buffer>;

beforeAll(async () => {
  const data = Buffer.from(Array.from({ length: 30 * 20 * 3 }, (_, at) => (at * at * 7) % 256));
  for (const format of FORMATS) {
    files[format] = await sharp(data, { raw: { width: 30, height: 20, channels: 3 } })
      .toFormat(format, { compression: 'lzw' })
      .toBuffer();
  }
});

describe.each(FORMATS)('%s', (format) => {
  test('any bytes behind any part of a file give a size or a known code', () => {
    fc.assert(
      fc.property(fc.nat(files[format].length), fc.uint8Array({ maxLength: 400 }), (length, bytes) => {
        const found = readStill(Buffer.concat([files[format].subarray(0, length), bytes]));
        if (typeof found === 'string') expect(Object.keys(IMAGE_ERRORS)).toContain(found);
        else expect(found.width * found.height).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('what lies around a file in memory is not read', () => {
    const damage = fc.array(fc.tuple(fc.nat(files[format].length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.nat(files[format].length), fc.nat(255), (changes, length, around) => {
        const data = Buffer.from(files[format]);
        for (const [at, value] of changes) data[at] = value;
        const alone = outcomeOf(data.subarray(0, length));
        const inside = Buffer.concat([
          Buffer.alloc(64, around),
          data.subarray(0, length),
          Buffer.alloc(64, around),
        ]);
        expect(outcomeOf(inside.subarray(64, 64 + length))).toEqual(alone);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a file of many tiny parts', () => {
  const comment = Buffer.from('fffe0002', 'hex');
  const interval = Buffer.from('ffdd00040000', 'hex');

  test.each([
    { what: 'JPEG, comments', format: 'jpeg', at: 2, part: comment, kept: '' },
    {
      what: 'JPEG, comments between what is kept',
      format: 'jpeg',
      at: 2,
      part: Buffer.concat([comment, interval]),
      kept: interval.toString('hex'),
    },
    { what: 'PNG, texts', format: 'png', at: 33, part: Buffer.concat(pngChunk('tEXt')), kept: '' },
  ] as const)('$what: what is kept comes in few pieces', ({ format, at, part, kept }) => {
    const whole = files[format];
    const [plain, found] = [whole, spliced(whole, at, repeated(part))].map(readStill);
    if (typeof plain !== 'object' || typeof found !== 'object') throw new Error('refused');
    expect(found.pieces.length).toBeLessThan(2_000);
    const expected = spliced(Buffer.concat(plain.pieces), at, repeated(Buffer.from(kept, 'hex')));
    expect(Buffer.concat(found.pieces).equals(expected)).toBe(true);
  });

  test.each([
    { what: 'JPEG, comments without an end', start: 'ffd8', part: comment },
    { what: 'JPEG, fill bytes without an end', start: 'ffd8', part: Buffer.from('ffffffff', 'hex') },
    {
      what: 'GIF, extensions without an end',
      start: '474946383961100010000000',
      part: Buffer.from('0021fe', 'hex'),
    },
  ])('$what: refused', ({ start, part }) => {
    expect(readStill(Buffer.concat([Buffer.from(start, 'hex'), repeated(part)]))).toBe('DECODE_FAILED');
  });

  test('GIF and WebP: blocks and chunks before the frame change nothing', () => {
    const frame = files.gif.indexOf(Buffer.from('2c00000000', 'hex'));
    const extensions = spliced(files.gif, frame, repeated(Buffer.from('21fe00', 'hex')));
    expect(outcomeOf(extensions)).toEqual(outcomeOf(files.gif));
    const chunks = Buffer.concat([files.webp, repeated(Buffer.from('5858585800000000', 'hex'))]);
    chunks.writeUInt32LE(chunks.length - 8, 4);
    expect(readStill(chunks)).toMatchObject({ width: 30, height: 20 });
  });

  test('TIFF: a tag of more values than an image may have rows is not even read', () => {
    const large = Buffer.alloc(5_000_000);
    files.tiff.copy(large);
    const directory = large.readUInt32LE(4);
    const entries = large.readUInt16LE(directory);
    for (let at = directory + 2; at < directory + 2 + 12 * entries; at += 12) {
      if (large.readUInt16LE(at) !== 258) continue;
      large.writeUInt32LE(1_000_001, at + 4);
      large.writeUInt32LE(8, at + 8);
    }
    expect(readStill(large)).toBe('DECODE_FAILED');
  });
});

describe('a TIFF of many reduced copies', () => {
  const whole = (data: Buffer) => data.readUInt32LE(4);

  test('the whole image behind them all is found', () => {
    const chain = directories(MANY, (number) => (number + 1 < MANY ? number + 1 : undefined));
    expect(readStill(chain(whole(files.tiff)))).toMatchObject({ width: 30, height: 20 });
  });

  test.each([
    { what: 'that lead back', next: (number: number) => (number === 1 ? 0 : number + 1) },
    { what: 'that all lead below themselves', next: (number: number) => number + 1, below: true },
  ])('$what, is refused in a time that does not grow with the square of their number', ({ next, below }) => {
    const count = below ? 3_000 : MANY;
    expect(readStill(directories(count, next, below)(0))).toBe('DECODE_FAILED');
  });

  /** The TIFF file, its first directory led to by a chain of others, each of a reduced copy. */
  function directories(count: number, next: (number: number) => number | undefined, below = false) {
    return (last: number): Buffer => {
      const start = files.tiff.length;
      const size = below ? 30 : 18;
      const data = Buffer.concat([files.tiff, Buffer.alloc(count * size)]);
      data.writeUInt32LE(start, 4);
      for (let number = 0; number < count; number += 1) {
        const at = start + number * size;
        data.writeUInt16LE(below ? 2 : 1, at);
        const entry = (place: number, tag: number, values: number, value: number) => {
          data.writeUInt16LE(tag, place);
          data.writeUInt16LE(4, place + 2);
          data.writeUInt32LE(values, place + 4);
          data.writeUInt32LE(value, place + 8);
        };
        entry(at + 2, 254, 1, 1);
        if (below) entry(at + 14, 330, count, start);
        const following = next(number);
        data.writeUInt32LE(following === undefined ? last : start + following * size, at + size - 4);
      }
      return data;
    };
  }
});

function outcomeOf(data: Buffer): unknown {
  const found = readStill(data);
  return typeof found === 'string' ? found : { ...found, pieces: Buffer.concat(found.pieces) };
}

function spliced(whole: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([whole.subarray(0, at), part, whole.subarray(at)]);
}

function repeated(part: Buffer): Buffer {
  return part.length === 0 ? part : Buffer.alloc(part.length * MANY, part);
}
