import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_PART, type ImagePart, mergeParts, partOf } from '../../../../src/aggregate/part.ts';
import { failedRow, type MeasuredRow, type PerChannel, type Row } from '../../../../src/contract/row.ts';
import { compareKeys } from '../../../../src/dataset/order.ts';
import {
  datasetStatistics,
  mergeStatistics,
  NO_STATISTICS,
  statisticsOf,
} from '../../../../src/workloads/statistics/statistics.ts';
import { rowOf } from '../../aggregate/fixture.ts';

const pixel = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
const image = fc.array(pixel, { minLength: 1, maxLength: 30 });

const row: fc.Arbitrary<Row> = fc.oneof(
  fc.tuple(fc.uuid(), image).map(([key, pixels]) => measure(key, pixels)),
  fc
    .tuple(fc.uuid(), fc.constantFrom('DECODE_FAILED', 'EMPTY_OBJECT', 'OBJECT_MISSING'))
    .map(([key, code]) => failedRow(key, code)),
);
const rows = fc.uniqueArray(row, { selector: ({ key }) => key, maxLength: 60 });

describe('merging parts', () => {
  it('is associative, commutative, and has a neutral element', () => {
    fc.assert(
      fc.property(rows, rows, rows, (x, y, z) => {
        const [a, b, c] = [partOfAll(x), partOfAll(y), partOfAll(z)];
        expect(mergeParts(mergeParts(a, b), c)).toEqual(mergeParts(a, mergeParts(b, c)));
        expect(mergeParts(a, b)).toEqual(mergeParts(b, a));
        expect(mergeParts(a, EMPTY_PART)).toEqual(a);
        expect(mergeParts(EMPTY_PART, a)).toEqual(a);
      }),
      { numRuns: 60 },
    );
  });

  it('is exact where a double is not', () => {
    const huge = { ...NO_STATISTICS, images: 1, pixels: 1n, sum: [2n ** 53n, 0n, 0n] as const };
    const one = { ...NO_STATISTICS, images: 1, pixels: 1n, sum: [1n, 0n, 0n] as const };
    expect(mergeStatistics(huge, one).sum).toEqual([9_007_199_254_740_993n, 0n, 0n]);
  });

  it('keeps the first 20 keys of each failure, in whatever order they come', () => {
    const keys = Array.from({ length: 50 }, (_, i) => `k${String(i).padStart(2, '0')}`);
    const forwards = partOfAll(keys.map((key) => failedRow(key, 'DECODE_FAILED')));
    const backwards = partOfAll(keys.toReversed().map((key) => failedRow(key, 'DECODE_FAILED')));
    expect(forwards.failures.get('DECODE_FAILED')).toEqual({
      count: 50,
      examples: keys.toSorted(compareKeys).slice(0, 20),
    });
    expect(backwards).toEqual(forwards);
  });
});

describe('datasetStatistics', () => {
  it('equals mean and standard deviation over all pixels at once', () => {
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 8 }), (images) => {
        // Act
        const parts = images.map((pixels, i) => statisticsOf(measure(`k${i}`, pixels)));
        const figures = datasetStatistics(parts.reduce(mergeStatistics, NO_STATISTICS));

        // Assess
        const reds = images.flat().map(([red]) => red);
        const mean = reds.reduce((sum, value) => sum + value, 0) / reds.length;
        const variance = reds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reds.length;
        const [red] = figures?.channels ?? [];
        expect(red?.mean?.level).toBeCloseTo(mean, 10);
        expect(red?.std?.level).toBeCloseTo(Math.sqrt(variance), 8);
        expect(red?.min?.level).toBe(Math.min(...reds));
        expect(red?.max?.unit).toBe(Math.max(...reds) / 255);
        expect(figures?.exact.pixels).toBe(String(reds.length));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a tiny deviation that would be lost in doubles', () => {
    // Prepare: 10^13 pixels of 200, and one of 201. The variance is (n - 1) / n^2, about 10^-13.
    const n = 10n ** 13n + 1n;
    const sum = 200n * (n - 1n) + 201n;
    const sumSq = 40_000n * (n - 1n) + 40_401n;
    const part = {
      ...NO_STATISTICS,
      images: 1,
      pixels: n,
      sum: [sum, sum, sum],
      sumSq: [sumSq, sumSq, sumSq],
    };

    // Act
    const figures = datasetStatistics(part as never);

    // Assess
    expect(figures?.channels[0]?.std?.level).toBeCloseTo(Math.sqrt(1e-13), 15);
  });

  it('leaves out what the operation does not compute, and is null without images', () => {
    const figures = datasetStatistics(statisticsOf(rowOf('k', [1, 2, 3], [4, 5, 6], 'max')));
    expect(figures?.channels.map(({ mean, std, min, max }) => [mean, std, min, max?.level])).toEqual([
      [null, null, null, 4],
      [null, null, null, 5],
      [null, null, null, 6],
    ]);
    expect(figures?.exact.sum).toBeNull();
    expect(datasetStatistics(NO_STATISTICS)).toBeNull();
  });
});

function partOfAll(all: readonly Row[]): ImagePart {
  return all.reduce((part, one) => mergeParts(part, partOf(one, 10)), EMPTY_PART);
}

/** The statistics of an image that is one pixel high, by the definition. */
function measure(key: string, pixels: readonly (readonly [number, number, number])[]): MeasuredRow {
  const each = (reduce: (values: number[]) => number): PerChannel => [
    reduce(pixels.map(([red]) => red)),
    reduce(pixels.map(([, green]) => green)),
    reduce(pixels.map(([, , blue]) => blue)),
  ];
  return {
    key,
    width: pixels.length,
    height: 1,
    channels: 3,
    sum: each((values) => values.reduce((sum, value) => sum + value, 0)),
    sumSq: each((values) => values.reduce((sum, value) => sum + value * value, 0)),
    min: each((values) => Math.min(...values)),
    max: each((values) => Math.max(...values)),
  };
}
