import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailed } from '../../src/contract/row.ts';
import { findFiles } from '../../src/dataset/files/find-files.ts';
import { lookAtPaths } from '../../src/dataset/files/named-paths.ts';
import { nothingPassedOver } from '../../src/dataset/files/passed-over.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import type { SampleKind } from '../../src/dataset/sample-kinds.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { ValueCounts } from '../../src/kernel/histogram.ts';
import { countImage } from '../../src/kernel/prepared.ts';
import { HistogramSum } from '../../src/workloads/statistics/histogram.ts';
import {
  datasetStatistics,
  mergeStatistics,
  NO_STATISTICS,
  percentilesOf,
  statisticsOf,
} from '../../src/workloads/statistics/statistics.ts';
import { fixtureLines } from '../support/fixture-script.ts';

const PERCENTS = [0, 0.1, 1, 5, 12.34, 25, 50, 75, 95, 99, 99.9, 100];
/** Images of a batch. */
const BATCH = 50;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-statistics-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const SETS: readonly [SampleKind, number][] = [
  ['photos', 200],
  ['digits', 1797],
];

describe.each(SETS)('the statistics of all pixels of %s', (kind, count) => {
  it('are those of numpy, computed from batches of counts', async () => {
    // Prepare
    await makeSample(kind, folder, { count });
    const numpy = JSON.parse(
      fixtureLines(['independent_statistics.py', join(folder, kind), ...PERCENTS.map(String)]).join(''),
    );

    // Act
    const { images, statistics, histogram } = await measure(join(folder, kind));
    const figures = datasetStatistics(statistics, histogram);

    // Assess
    expect(images).toBe(count);
    expect(numpy.images).toBe(count);
    for (const [c, channel] of (figures?.channels ?? []).entries()) {
      const expected = numpy.channels[c];
      expect(histogram?.[c]?.map(Number)).toEqual(expected.counts);
      // To the last bit, but for numpy's standard deviation, which is rounded at every step.
      expect(channel.mean?.level).toBe(expected.mean);
      expect(channel.std?.level).toBe(expected.exact_std);
      expect(Math.abs((channel.std?.level ?? 0) / expected.std - 1)).toBeLessThan(1e-13);
      expect([channel.min?.level, channel.max?.level]).toEqual([expected.min, expected.max]);
      expect(percentilesOf(histogram?.[c] ?? [], PERCENTS).map(({ level }) => level)).toEqual(
        expected.percentiles,
      );
    }
  });
});

async function measure(set: string) {
  const kernel = await chooseKernel();
  const options = { accept: () => true, passedOver: nothingPassedOver() };
  const files = (await Array.fromAsync(findFiles(lookAtPaths([set], options.accept), options))).flat();
  const sum = new HistogramSum();
  let statistics = NO_STATISTICS;
  for (let at = 0; at < files.length; at += BATCH) {
    const batch = files.slice(at, at + BATCH).map(({ key, path }) => kernel.prepare(readFileSync(path), key));
    const counts = new ValueCounts();
    const measured =
      (await kernel.countAll?.(batch, counts)) ??
      (await Promise.all(batch.map((image) => countImage(image, counts))));
    for (const { row } of measured) {
      if (!isFailed(row)) statistics = mergeStatistics(statistics, statisticsOf(row));
    }
    sum.add({ counts: counts.histogram });
  }
  return { images: statistics.images, statistics, histogram: sum.of(statistics.pixels) };
}
