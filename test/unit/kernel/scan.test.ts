import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATION_STATISTICS, OPERATIONS } from '../../../src/contract/operation.ts';
import { MAX_PIXELS } from '../../../src/contract/row.ts';
import { meanE6, measurePixels, overBlack, type Pixels } from '../../../src/kernel/scan.ts';

type Image = Pixels & { width: number; height: number; below: number };

const image: fc.Arbitrary<Image> = fc
  .record({
    channels: fc.constantFrom(1, 2, 3, 4),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    below: fc.integer({ min: 0, max: 3 }),
  })
  .chain((shape) => {
    const length = shape.channels * shape.width * shape.height;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ ...shape, data }));
  });

/** The statistics as their definitions have them: a list of values per channel, and BigInt. */
function naive({ data, channels, width, height, below }: Image) {
  const colours = channels < 3 ? [0, 0, 0] : [0, 1, 2];
  const alphaAt = channels === 2 ? 1 : channels === 4 ? 3 : undefined;
  const values = colours.map((colour) => {
    const inFrame = Array.from({ length: width * height }, (_, pixel) => {
      const value = BigInt(data[pixel * channels + colour] ?? 0);
      const alpha = alphaAt === undefined ? 255n : BigInt(data[pixel * channels + alphaAt] ?? 0);
      return (2n * value * alpha + 255n) / 510n;
    });
    return [...inFrame, ...Array<bigint>(width * below).fill(0n)];
  });
  const total = (channel: bigint[], power: bigint) =>
    channel.reduce((sum, value) => sum + value ** power, 0n);
  return {
    sum: values.map((channel) => Number(total(channel, 1n))),
    sumSq: values.map((channel) => Number(total(channel, 2n))),
    min: values.map((channel) => Math.min(...channel.map(Number))),
    max: values.map((channel) => Math.max(...channel.map(Number))),
    mean_e6: values.map((channel) => {
      const n = BigInt(channel.length);
      return Number((2n * total(channel, 1n) * 1_000_000n + n) / (2n * n));
    }),
  };
}

describe('measurePixels', () => {
  test.each(OPERATIONS)('%s equals the definition and carries nothing else', (operation) => {
    fc.assert(
      fc.property(image, (picture) => {
        // Prepare
        const expected = naive(picture);
        const height = picture.height + picture.below;
        const size = { width: picture.width, height };
        // Act
        const row = measurePixels('k', size, { ...picture, data: picture.data.slice() }, operation);
        // Assess
        const wanted = OPERATION_STATISTICS[operation].map((name) => [name, expected[name]]);
        expect(row).toEqual({ key: 'k', ...size, channels: 3, ...Object.fromEntries(wanted) });
        expect(Object.keys(row).slice(4)).toEqual(OPERATION_STATISTICS[operation]);
      }),
      { numRuns: 60 },
    );
  });

  test('the row is in the order of the statistics, whatever the operation', () => {
    const row = measurePixels(
      'k',
      { width: 1, height: 1 },
      { data: Uint8Array.of(1, 2, 3), channels: 3 },
      'stats',
    );
    expect(JSON.stringify(row)).toBe(
      '{"key":"k","width":1,"height":1,"channels":3,"sum":[1,2,3],"sumSq":[1,4,9],"min":[1,2,3],"max":[1,2,3],' +
        '"mean_e6":[1000000,2000000,3000000]}',
    );
  });
});

describe('meanE6', () => {
  test('equals the rational number rounded half up, up to the largest image', () => {
    const inputs = fc
      .integer({ min: 1, max: MAX_PIXELS })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: 255 * n }), fc.constant(n)));
    fc.assert(
      fc.property(inputs, ([sum, n]) => {
        const exact = (2_000_000n * BigInt(sum) + BigInt(n)) / (2n * BigInt(n));
        expect(meanE6(sum, n)).toBe(Number(exact));
      }),
      { numRuns: 2_000, examples: [[[255 * MAX_PIXELS, MAX_PIXELS]], [[1, MAX_PIXELS]], [[0, 1]]] },
    );
  });

  test('a half is rounded up', () => {
    // 1 / 64 = 0.015625 exactly; 1 / 128 = 0.0078125, i.e. 7812.5 millionths.
    expect(meanE6(1, 64)).toBe(15_625);
    expect(meanE6(1, 128)).toBe(7_813);
    expect(meanE6(3, 128)).toBe(23_438);
  });
});

test('overBlack is floor((2ca + 255) / 510) for every value and alpha', () => {
  const wrong: string[] = [];
  for (let value = 0; value < 256; value += 1) {
    for (let alpha = 0; alpha < 256; alpha += 1) {
      const expected = Math.floor((2 * value * alpha + 255) / 510);
      if (overBlack(value, alpha) !== expected) wrong.push(`${value} at ${alpha}`);
    }
  }
  expect(wrong).toEqual([]);
});
