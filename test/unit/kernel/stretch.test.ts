import { describe, expect, test } from 'vitest';
import { stretchBytes, stretchFloats, stretchPixels, stretchRange } from '../../../src/kernel/stretch.ts';

const PLAIN = { grey: false, streamed: true, perPixel: 5, pieces: [] };

describe('a table of bytes', () => {
  test('has the nearest integer for every value of every range, the even one of two', () => {
    for (let min = 0; min < 256; min += 1) {
      for (let max = min + 1; max < 256; max += 1) {
        const wrong = [...stretchBytes(min, max)].findIndex((byte, value) => {
          // In units of 1 / (2 * width), where everything is an integer.
          const twice = 2 * 255 * (Math.min(Math.max(value, min), max) - min);
          const off = Math.abs(twice - 2 * byte * (max - min));
          return off > max - min || (off === max - min && byte % 2 === 1);
        });
        if (wrong >= 0) expect.fail(`${wrong} of ${min}-${max}`);
      }
    }
  });

  test('of 16 bits likewise, for ranges with ties and without', () => {
    for (const [min, max] of [
      ...[
        [0, 65_535],
        [0, 1_020],
        [7_663, 64_273],
        [31_010, 33_542],
        [65_534, 65_535],
      ],
    ] as const) {
      const wrong = [...stretchBytes(min, max, 65_536)].findIndex((byte, value) => {
        const twice = 2 * 255 * (Math.min(Math.max(value, min), max) - min);
        const off = Math.abs(twice - 2 * byte * (max - min));
        return off > max - min || (off === max - min && byte % 2 === 1);
      });
      if (wrong >= 0) expect.fail(`${wrong} of ${min}-${max}`);
    }
  });

  test('has 257 steps of 16 bits from a value of 8 to the next', () => {
    expect([...stretchBytes(257, 3 * 257, 256, 257).subarray(0, 5)]).toEqual([0, 0, 128, 255, 255]);
    expect([...stretchFloats(0, 65_535, 256, 257)]).toEqual([...stretchFloats(0, 255)]);
  });

  test('is 0 where nothing varies', () => {
    expect(new Set(stretchBytes(7, 7))).toEqual(new Set([0]));
  });

  test('reaches both ends of the range and is cut off there', () => {
    const table = stretchBytes(10, 20);
    expect([table[0], table[10], table[15], table[20], table[255]]).toEqual([0, 0, 128, 255, 255]);
  });
});

test('a table of floats has the double-precision quotients, rounded once', () => {
  const table = stretchFloats(10, 13);
  expect([...table.subarray(9, 15)]).toEqual([0, 0, Math.fround(1 / 3), Math.fround(2 / 3), 1, 1]);
  expect(new Set(stretchFloats(7, 7))).toEqual(new Set([0]));
});

describe('the range', () => {
  const own = { min: [1, 2, 3], max: [7, 9, 8] } as const;
  const normalisation = { format: 'png', quality: 90 } as const;
  const plain = { values: 256, step: 1 };

  test('is that of each channel, or of all three', () => {
    expect(stretchRange(own, 8, { ...normalisation, channels: 'each' })).toEqual({ ...own, ...plain });
    expect(stretchRange(own, 8, { ...normalisation, channels: 'all' })).toEqual({
      ...plain,
      min: [1, 1, 1],
      max: [9, 9, 9],
    });
  });

  test('of a dataset is taken instead', () => {
    const range = { min: [0, 5, 9], max: [100, 101, 102] } as const;
    expect(stretchRange(own, 8, { ...normalisation, channels: 'each', range })).toEqual({
      ...range,
      ...plain,
    });
    expect(stretchRange(own, 8, { ...normalisation, channels: 'all', range })).toEqual({
      ...plain,
      min: [0, 0, 0],
      max: [102, 102, 102],
    });
  });

  test('of another depth than the image has its white where that of the image is', () => {
    const plain8 = { min: [1, 2, 3], max: [100, 101, 255] } as const;
    const each = { ...normalisation, channels: 'each' } as const;
    expect(stretchRange(own, 16, { ...each, range: plain8 })).toEqual({
      min: [257, 514, 771],
      max: [25_700, 25_957, 65_535],
      values: 65_536,
      step: 1,
    });
    const deep = { min: [0, 1, 2], max: [700, 800, 65_535], depth: 16 } as const;
    expect(stretchRange(own, 16, { ...each, range: deep })).toMatchObject({ max: deep.max, step: 1 });
    expect(stretchRange(own, 8, { ...each, range: deep })).toEqual({
      min: deep.min,
      max: deep.max,
      values: 256,
      step: 257,
    });
  });
});

describe('pixels', () => {
  const plus = (more: number) => Uint8Array.from({ length: 256 }, (_, value) => value + more);
  const tables = [plus(1), plus(2), plus(3)] as const;

  test('have the table of their channel, and grey has all three', () => {
    const still = { ...PLAIN, width: 2, height: 1, frameWidth: 2, frameHeight: 1, frameLeft: 0, frameTop: 0 };
    const to = new Uint8Array(6);
    stretchPixels(to, still, { data: Uint8Array.of(10, 20, 30, 40, 50, 60), channels: 3 }, tables);
    expect([...to]).toEqual([11, 22, 33, 41, 52, 63]);
    stretchPixels(to, still, { data: Uint8Array.of(10, 20), channels: 1 }, tables);
    expect([...to]).toEqual([11, 12, 13, 21, 22, 23]);
  });

  test('lie where the frame lies, and are black around it', () => {
    const still = { ...PLAIN, width: 3, height: 2, frameWidth: 1, frameHeight: 1, frameLeft: 1, frameTop: 1 };
    const to = new Uint8Array(18).fill(99);
    stretchPixels(to, still, { data: Uint8Array.of(10), channels: 1 }, tables);
    expect([...to].map((value, at) => value - (at % 3))).toEqual([
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 11, 11, 11, 1, 1, 1],
    ]);
  });
});
