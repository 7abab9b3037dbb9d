import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AggregateArmInput, aggregateArm } from '../../../../src/aggregate/arm.ts';
import type { Histogram } from '../../../../src/contract/histogram-file.ts';
import { serializeHistogram } from '../../../../src/contract/histogram-file.ts';
import { layout } from '../../../../src/contract/layout.ts';
import { failedRow, type MeasuredRow, type PerChannel } from '../../../../src/contract/row.ts';
import { statisticsIn } from '../../../../src/workloads/answers.ts';
import { HISTOGRAMS } from '../../../../src/workloads/facts.ts';
import { checkHistogram, HistogramSum } from '../../../../src/workloads/statistics/histogram.ts';
import {
  countsOf,
  datasetStatistics,
  mergeStatistics,
  percentilesOf,
  statisticsOf,
} from '../../../../src/workloads/statistics/statistics.ts';
import { batchesOf, MemoryBucket, putManifest, putRows, rowOf, spanOf } from '../../aggregate/fixture.ts';

const PIXELS = 500 * 376;
const LOW: PerChannel = [0, 10, 20];
const HIGH: PerChannel = [255, 10, 30];

/** Of `images` images as `rowOf` makes them. */
function histogramOf(images: number, low = LOW, high = HIGH): Histogram {
  const counts = [0, 1, 2].map((channel) => {
    const own = new Array<number>(256).fill(0);
    for (const values of [low, high]) {
      const value = values[channel] ?? 0;
      own[value] = (own[value] ?? 0) + (images * PIXELS) / 2;
    }
    return own;
  });
  return [counts[0] ?? [], counts[1] ?? [], counts[2] ?? []];
}

function fileOf(batch: number, images: number, counts = histogramOf(images)): string {
  return serializeHistogram({ batch, images, counts });
}

describe('checkHistogram', () => {
  const rows = mergeStatistics(statisticsOf(rowOf('a', LOW, HIGH)), statisticsOf(rowOf('b', LOW, HIGH)));
  const why = (text: string) => checkHistogram(Buffer.from(text), 7, rows).why;

  it('takes a file that says the same as the rows', () => {
    expect(checkHistogram(Buffer.from(fileOf(7, 2)), 7, rows).histogram?.counts).toEqual(histogramOf(2));
  });

  it('refuses what is no histogram of the batch', () => {
    const no = 'no histogram of this batch in its one text form';
    expect(why(fileOf(8, 2))).toBe(no);
    expect(why(`${fileOf(7, 2)}\n`)).toBe(no);
    expect(why(fileOf(7, 2).replace(',0]', ',0.5]'))).toBe(no);
    expect(why(fileOf(7, 2).replace(',0]', ',-1]'))).toBe(no);
    expect(why(fileOf(7, 2).replace(',0]', ',9000000000000000]'))).toBe(no);
    expect(why(fileOf(7, 2).replace(',0]', ']'))).toBe(no);
    expect(why('{"batch":7,"images":2,"counts":[]}')).toBe(no);
    for (const text of ['', 'null', '[]', '{']) expect(why(text)).toBe(no);
  });

  it('refuses what contradicts the rows, and says in what', () => {
    expect(why(fileOf(7, 1))).toBe('1 images, but 2 measured rows');
    expect(why(fileOf(7, 2, histogramOf(1)))).toMatch(/^the pixels of channel 0 /);
    expect(why(fileOf(7, 2, histogramOf(2, LOW, [254, 10, 30])))).toMatch(/^the sum of channel 0 /);
    expect(why(fileOf(7, 2, histogramOf(2, LOW, [255, 10, 31])))).toMatch(/^the sum of channel 2 /);
    expect(why(fileOf(7, 2, histogramOf(2, [0, 9, 20], [255, 11, 30])))).toMatch(
      /^the sum of squares of channel 1 /,
    );
    // The same sums, from 5, 6, 10 instead of 0 to 11: only the extremes tell.
    const swap = (values: readonly number[]): MeasuredRow => {
      const all = [0, 1, 2].map(() => values.reduce((sum, value) => sum + value, 0)) as unknown as PerChannel;
      const squares = [0, 1, 2].map(() =>
        values.reduce((sum, value) => sum + value * value, 0),
      ) as unknown as PerChannel;
      const [min, max] = [Math.min(...values), Math.max(...values)];
      return {
        ...{ key: 'a', width: values.length, height: 1, channels: 3, sum: all, sumSq: squares },
        ...{ min: [min, min, min], max: [max, max, max], mean_e6: [0, 0, 0] },
      };
    };
    const counts = new Array<number>(256).fill(0);
    for (const value of [1, 5, 6]) counts[value] = 1;
    const file = serializeHistogram({ batch: 7, images: 1, counts: [counts, counts, counts] });
    expect(checkHistogram(Buffer.from(file), 7, statisticsOf(swap([2, 3, 7]))).why).toMatch(
      /^minimum and maximum of channel 0 /,
    );
  });

  it('adds up sums of squares that no double can hold', () => {
    const most = 10_000 * 2 ** 27;
    const counts = [0, 1, 2].map(() => new Array<number>(256).fill(0)) as unknown as [
      number[],
      number[],
      number[],
    ];
    for (const own of counts) {
      own[255] = most - 1;
      own[254] = 1;
    }
    const n = BigInt(most);
    const sum = 255n * n - 1n;
    const sumSq = 65_025n * n - 509n;
    const rows = {
      ...{
        images: 9,
        depth: 8 as const,
        pixels: n,
        sum: [sum, sum, sum] as const,
        sumSq: [sumSq, sumSq, sumSq] as const,
      },
      ...{ min: [254, 254, 254] as const, max: [255, 255, 255] as const },
    };
    const body = Buffer.from(fileOf(7, 9, counts));
    expect(checkHistogram(body, 7, rows).why).toBeUndefined();
    const off = { ...rows, sumSq: [sumSq, sumSq, sumSq + 1n] as const };
    expect(checkHistogram(body, 7, off).why).toMatch(/^the sum of squares of channel 2 /);
  });
});

describe('HistogramSum', () => {
  it('is exact beyond 2^53, in whatever order the parts come', () => {
    const count = fc.oneof(fc.nat(100), fc.integer({ min: 2 ** 51, max: 2 ** 52 }));
    const part = fc.tuple(fc.nat(1), count).map(([value, count]) => {
      const own = new Array<number>(256).fill(0);
      own[value] = count;
      return [own, own, own] as const;
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const expected = Array.from({ length: 256 }, (_, value) =>
          parts.reduce((sum, [counts]) => sum + BigInt(counts[value] ?? 0), 0n),
        );
        const pixels = expected.reduce((sum, count) => sum + count, 0n);
        for (const order of [parts, parts.toReversed()]) {
          const sum = new HistogramSum();
          for (const counts of order) sum.add({ counts });
          expect(sum.of(pixels)).toEqual([expected, expected, expected]);
          expect(sum.of(pixels + 1n)).toBeNull();
        }
      }),
    );
  });
});

function triple<T>(value: T): [T, T, T] {
  return [value, value, value];
}

describe('images of 16 bits beside those of 8', () => {
  const counts = triple(Array.from({ length: 256 }, (_, value) => (value === 0 ? 3 : value === 255 ? 1 : 0)));
  const own = [1, 2, 65_535, 2];
  const deep = { images: 1, counts: [own, own, own] } as const;
  const body = Buffer.from(serializeHistogram({ batch: 7, images: 2, counts, deep }));
  const rows = mergeStatistics(
    statisticsOf({
      ...{ key: 'a', width: 4, height: 1, channels: 3, sum: triple(255), sumSq: triple(65_025) },
      ...{ min: triple(0), max: triple(255), mean_e6: triple(63_750_000) },
    }),
    statisticsOf({
      ...{ key: 'b', width: 4, height: 1, channels: 3, depth: 16, sum: triple(131_072) },
      ...{
        sumSq: triple(8_589_672_452n),
        min: triple(1),
        max: triple(65_535),
        mean_e6: triple(32_768_000_000),
      },
    }),
  );

  it('are checked against the rows and counted on the scale of 16', () => {
    expect(checkHistogram(body, 7, rows).why).toBeUndefined();
    const sum = new HistogramSum();
    sum.add({ counts, deep });
    sum.add({ counts });
    const found = sum.of(12n);
    const occurring = found?.[1].flatMap((count, value) => (count === 0n ? [] : [[value, count]]));
    expect(occurring).toEqual([
      [0, 6n],
      [1, 2n],
      [65_535, 4n],
    ]);
    expect(sum.of(8n)).toBeNull();
  });

  it('are no histogram where one of their counts, or their depth, is another', () => {
    const other = [1, 1, 3, 1, 65_535, 2];
    const file = (changed: readonly number[]) =>
      Buffer.from(
        serializeHistogram({ batch: 7, images: 2, counts, deep: { images: 1, counts: triple(changed) } }),
      );
    expect(checkHistogram(file(other), 7, rows).why).toMatch(/^the sum of channel 0 /);
    for (const odd of [[1, 2, 1, 2], [65_536, 4], [1, 0, 2, 4], [1]]) {
      expect(checkHistogram(file(odd), 7, rows).why).toMatch(/one text form/);
    }
    const plain = Buffer.from(serializeHistogram({ batch: 7, images: 2, counts }));
    expect(checkHistogram(plain, 7, rows).why).toBe('another depth than the rows');
  });

  it('give percentiles of levels with fractions, which can be computed again from the summary', () => {
    const sum = new HistogramSum();
    sum.add({ counts, deep });
    const dataset = datasetStatistics(rows, sum.of(8n));
    expect(dataset).toMatchObject({ depth: 16, exact: { counts: null } });
    expect(dataset?.exact.deepCounts?.[0]).toEqual(['0', '3', '1', '2', '65535', '3']);
    expect(dataset?.channels[0]).toMatchObject({
      min: { level: 0, unit: 0 },
      max: { level: 255, unit: 1 },
    });
    const again = percentilesOf((dataset && countsOf(dataset, 0)) ?? [], [50]);
    // The values are 0, 0, 0, 1, 1, 65535, 65535, 65535.
    expect(again).toEqual([{ percent: 50, level: 1 / 257, unit: 1 / 65_535 }]);
    // (65535 + 131072) / 8 of 16 bits.
    expect(dataset?.channels[0]?.mean).toEqual({ level: 196_607 / 8 / 257, unit: 196_607 / 8 / 65_535 });
  });
});

describe('the histogram of an arm', () => {
  const keys = ['a', 'b', 'c', 'd'];
  let bucket: MemoryBucket;
  const input = (): AggregateArmInput => ({
    ...{
      reader: bucket,
      runId: 'r',
      arm: 'fleet',
      round: 0,
      workload: { name: 'histogram', params: { depth: '8' } },
    },
    ...{ startedAt: 0, endedAt: 5000 },
  });

  beforeEach(() => {
    bucket = new MemoryBucket();
    const batches = batchesOf(keys, 2);
    putManifest(bucket, 'r', batches);
    for (const { batch, objects } of batches) {
      const rows = objects.map(({ key }) =>
        key === 'd' ? failedRow(key, 'EMPTY_OBJECT') : rowOf(key, LOW, HIGH),
      );
      putRows(bucket, layout.result('r', 'fleet', 0, batch), rows);
      bucket.put(layout.span('r', 'fleet', 0, batch), JSON.stringify(spanOf('fleet', batch)));
      bucket.put(layout.batchFile(HISTOGRAMS, 'r', 'fleet', 0, batch), fileOf(batch, batch === 0 ? 2 : 1));
    }
  });

  it('gives the percentiles of the images that could be measured, and their counts', async () => {
    const { valid, answer } = await aggregateArm(input());
    const dataset = statisticsIn(answer)?.dataset;
    expect(valid).toBe(true);
    expect(dataset?.exact.counts?.[0]?.[255]).toBe(String((3 * PIXELS) / 2));
    expect(dataset?.channels[2]?.percentiles).toMatchObject([
      { percent: 1, level: 20 },
      { percent: 5, level: 20 },
      { percent: 25, level: 20 },
      { percent: 50, level: 25, unit: 25 / 255 },
      { percent: 75, level: 30 },
      { percent: 95, level: 30 },
      { percent: 99, level: 30 },
    ]);
  });

  it.each([
    ['HISTOGRAM_MISSING', () => bucket.objects.delete(layout.batchFile(HISTOGRAMS, 'r', 'fleet', 0, 1)), '1'],
    [
      'HISTOGRAM_INCONSISTENT',
      () => bucket.put(layout.batchFile(HISTOGRAMS, 'r', 'fleet', 0, 1), fileOf(1, 2)),
      'batch 1: 2 images, but 1 measured rows',
    ],
  ])('%s makes the answer not valid, and leaves no percentiles', async (code, spoil, example) => {
    const { digest } = await aggregateArm(input());
    spoil();
    const spoilt = await aggregateArm(input());
    expect(spoilt).toMatchObject({ valid: false, problems: [{ code, count: 1, examples: [example] }] });
    expect(spoilt.digest).not.toBe(digest);
    expect(statisticsIn(spoilt.answer)?.dataset?.exact.counts).toBeNull();
    expect(statisticsIn(spoilt.answer)?.dataset?.channels[0]?.percentiles).toBeNull();
    expect(statisticsIn(spoilt.answer)?.dataset?.images).toBe(3);
  });

  it('comes with how many of its images were cut to 8 bits', async () => {
    for (const [batch, droppedBits] of [2, 1].entries()) {
      const span = spanOf('fleet', batch, { droppedBits });
      bucket.put(layout.span('r', 'fleet', 0, batch), JSON.stringify(span));
    }
    expect((await aggregateArm(input())).droppedBits).toBe(3);
    // Batches that were taken over from an earlier run are part of the answer, too.
    expect((await aggregateArm({ ...input(), resumedAt: 9_000 })).droppedBits).toBe(3);
  });

  it('is not looked for in runs of other operations, whose digest it does not touch', async () => {
    const stats = {
      ...input(),
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    } as const;
    const before = await aggregateArm(stats);
    for (const batch of [0, 1]) bucket.objects.delete(layout.batchFile(HISTOGRAMS, 'r', 'fleet', 0, batch));
    const after = await aggregateArm(stats);
    expect(before.valid).toBe(true);
    expect(after.digest).toBe(before.digest);
    expect(statisticsIn(after.answer)?.dataset?.channels[0]?.percentiles).toBeNull();
  });
});
