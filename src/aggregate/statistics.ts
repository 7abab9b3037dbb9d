import * as z from 'zod';
import type { MeasuredRow, PerChannel } from '../kernel/row.ts';
import type { DatasetHistogram } from './histogram.ts';
import { PERCENTS, percentileOf } from './percentiles.ts';
import { ratioToDouble, rootRatioToDouble } from './rational.ts';

type Exact = readonly [bigint, bigint, bigint];

/**
 * The statistics of any number of images, exact. A null is a statistic that the operation leaves out, or that has
 * no image yet. Merging is associative and commutative with `NO_STATISTICS` as its neutral element.
 */
export interface Statistics {
  readonly images: number;
  readonly pixels: bigint;
  readonly sum: Exact | null;
  readonly sumSq: Exact | null;
  readonly min: PerChannel | null;
  readonly max: PerChannel | null;
}

export const NO_STATISTICS: Statistics = {
  images: 0,
  pixels: 0n,
  sum: null,
  sumSq: null,
  min: null,
  max: null,
};

export function statisticsOf(row: MeasuredRow): Statistics {
  return {
    images: 1,
    pixels: BigInt(row.width * row.height),
    sum: row.sum === undefined ? null : exact(row.sum),
    sumSq: row.sumSq === undefined ? null : exact(row.sumSq),
    min: row.min ?? null,
    max: row.max ?? null,
  };
}

export function mergeStatistics(a: Statistics, b: Statistics): Statistics {
  return {
    images: a.images + b.images,
    pixels: a.pixels + b.pixels,
    sum: zip(a.sum, b.sum, (x, y) => x + y),
    sumSq: zip(a.sumSq, b.sumSq, (x, y) => x + y),
    min: zip(a.min, b.min, Math.min),
    max: zip(a.max, b.max, Math.max),
  };
}

function zip<T>(
  a: readonly [T, T, T] | null,
  b: readonly [T, T, T] | null,
  join: (x: T, y: T) => T,
): readonly [T, T, T] | null {
  if (a === null) return b;
  if (b === null) return a;
  return [join(a[0], b[0]), join(a[1], b[1]), join(a[2], b[2])];
}

function exact(values: PerChannel): Exact {
  return [BigInt(values[0]), BigInt(values[1]), BigInt(values[2])];
}

const digits = z.string().regex(/^\d+$/);
const figure = z.object({ level: z.number(), unit: z.number() });

/** One channel over all pixels of all images: `level` from 0 to 255, `unit` from 0 to 1. */
const channelSchema = z.object({
  channel: z.enum(['red', 'green', 'blue']),
  mean: figure.nullable(),
  /** Population standard deviation. */
  std: figure.nullable(),
  min: figure.nullable(),
  max: figure.nullable(),
  /** Exact; null unless the operation was `histogram`. */
  percentiles: z
    .array(figure.extend({ percent: z.number().min(0).max(100) }))
    .nullable()
    .default(null),
});

export const datasetStatisticsSchema = z.object({
  images: z.int().nonnegative(),
  channels: z.array(channelSchema).length(3),
  /** The integers that the figures were computed from, in decimal: they may pass 2^53. */
  exact: z.object({
    pixels: digits,
    sum: z.array(digits).length(3).nullable(),
    sumSq: z.array(digits).length(3).nullable(),
    /** How often each of the values 0-255 occurs; null unless the operation was `histogram`. */
    counts: z.array(z.array(digits).length(256)).length(3).nullable().default(null),
  }),
});
export type DatasetStatistics = z.infer<typeof datasetStatisticsSchema>;

/**
 * Statistics as figures: mean = sum / n, std = sqrt(n * sumSq - sum^2) / n and percentiles, with n pixels. All is
 * computed in integers and rounded once, to the nearest double. Null without any image.
 *
 * @param histogram of the same images, where there is one
 */
export function datasetStatistics(
  part: Statistics,
  histogram: DatasetHistogram | null = null,
): DatasetStatistics | null {
  const { pixels, sum, sumSq, min, max } = part;
  if (pixels === 0n) return null;
  const mean = (c: number, unit: bigint) => (sum === null ? null : ratioToDouble(at(sum, c), pixels * unit));
  const std = (c: number, unit: bigint) =>
    sum === null || sumSq === null
      ? null
      : rootRatioToDouble(pixels * at(sumSq, c) - at(sum, c) ** 2n, pixels * unit);
  const value = (values: PerChannel | null, c: number, unit: bigint) =>
    values === null ? null : at(values, c) / Number(unit);
  return {
    images: part.images,
    channels: (['red', 'green', 'blue'] as const).map((channel, c) => ({
      channel,
      mean: figureOf((unit) => mean(c, unit)),
      std: figureOf((unit) => std(c, unit)),
      min: figureOf((unit) => value(min, c, unit)),
      max: figureOf((unit) => value(max, c, unit)),
      percentiles: histogram === null ? null : percentilesOf(at(histogram, c)),
    })),
    exact: {
      pixels: String(pixels),
      sum: sum?.map(String) ?? null,
      sumSq: sumSq?.map(String) ?? null,
      counts: histogram?.map((counts) => counts.map(String)) ?? null,
    },
  };
}

/** The figure in both of its units, each rounded by itself. */
function figureOf(compute: (unit: bigint) => number | null): { level: number; unit: number } | null {
  const [level, unit] = [compute(1n), compute(255n)];
  return level === null || unit === null ? null : { level, unit };
}

/**
 * @param counts how often each of the values 0-255 occurs
 * @param percents 0 to 100
 */
export function percentilesOf(counts: readonly bigint[], percents: readonly number[] = PERCENTS) {
  return percents.map((percent) => ({
    percent,
    level: percentileOf(counts, percent),
    unit: percentileOf(counts, percent, 255n),
  }));
}

function at<T>(values: readonly [T, T, T], channel: number): T {
  return channel === 0 ? values[0] : channel === 1 ? values[1] : values[2];
}
