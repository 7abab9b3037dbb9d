import * as z from 'zod';
import type { MeasuredRow, PerChannel } from '../../contract/row.ts';
import { DEEP_VALUES } from '../../kernel/deep-histogram.ts';
import { DEEP_STEP } from '../../kernel/stretch.ts';
import { ratioToDouble, rootRatioToDouble } from '../../statistics/rational.ts';
import { PERCENTS, percentileOf } from './percentiles.ts';

type Exact = readonly [bigint, bigint, bigint];

/**
 * The statistics of any number of images, exact. A null is a statistic that the operation leaves out, or that has
 * no image yet. Merging is associative and commutative with `NO_STATISTICS` as its neutral element: beside images of 16
 * bits the values of 8 are multiplied by 257, so that white is white.
 */
export interface Statistics {
  readonly images: number;
  /** Bits of the values: 16 as soon as one image has so many. */
  readonly depth: 8 | 16;
  readonly pixels: bigint;
  readonly sum: Exact | null;
  readonly sumSq: Exact | null;
  readonly min: PerChannel | null;
  readonly max: PerChannel | null;
}

export const NO_STATISTICS: Statistics = {
  images: 0,
  depth: 8,
  pixels: 0n,
  sum: null,
  sumSq: null,
  min: null,
  max: null,
};

export function statisticsOf(row: MeasuredRow): Statistics {
  return {
    images: 1,
    depth: row.depth ?? 8,
    pixels: BigInt(row.width * row.height),
    sum: row.sum === undefined ? null : exact(row.sum),
    sumSq: row.sumSq === undefined ? null : exact(row.sumSq),
    min: row.min ?? null,
    max: row.max ?? null,
  };
}

export function mergeStatistics(a: Statistics, b: Statistics): Statistics {
  if (a.depth !== b.depth) return mergeStatistics(deepened(a), deepened(b));
  return {
    images: a.images + b.images,
    depth: a.depth,
    pixels: a.pixels + b.pixels,
    sum: zip(a.sum, b.sum, (x, y) => x + y),
    sumSq: zip(a.sumSq, b.sumSq, (x, y) => x + y),
    min: zip(a.min, b.min, Math.min),
    max: zip(a.max, b.max, Math.max),
  };
}

/** The same on the scale of 16 bits. */
function deepened(of: Statistics): Statistics {
  if (of.depth === 16) return of;
  const big = BigInt(DEEP_STEP);
  return {
    ...of,
    depth: 16,
    sum: scaled(of.sum, (value) => big * value),
    sumSq: scaled(of.sumSq, (value) => big * big * value),
    min: scaled(of.min, (value) => DEEP_STEP * value),
    max: scaled(of.max, (value) => DEEP_STEP * value),
  };
}

function scaled<T>(values: readonly [T, T, T] | null, scale: (value: T) => T): readonly [T, T, T] | null {
  return values === null ? null : [scale(values[0]), scale(values[1]), scale(values[2])];
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

function exact(values: NonNullable<MeasuredRow['sumSq']>): Exact {
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
  /** Exact; null unless the workload was `histogram`. */
  percentiles: z.array(figure.extend({ percent: z.number().min(0).max(100) })).nullable(),
});

/** How often each value of 8 bits, or of 16, occurs in the dataset, for R, G and B: the counts may pass 2^53. */
export type DatasetHistogram = readonly [readonly bigint[], readonly bigint[], readonly bigint[]];

export const datasetStatisticsSchema = z.object({
  images: z.int().nonnegative(),
  /** Bits of the values in `exact`: 16 if an image was measured by so many. Those of 8 are multiplied by 257 then. */
  depth: z.union([z.literal(8), z.literal(16)]),
  channels: z.array(channelSchema).length(3),
  /** The integers that the figures were computed from, in decimal: they may pass 2^53. */
  exact: z.object({
    pixels: digits,
    sum: z.array(digits).length(3).nullable(),
    sumSq: z.array(digits).length(3).nullable(),
    /** How often each of the values 0-255 occurs; null unless the workload was `histogram`, or the depth is 16. */
    counts: z.array(z.array(digits).length(256)).length(3).nullable(),
    /** The same of 16 bits: pairs of a value and its count, in one list per channel, of the values that occur. */
    deepCounts: z.array(z.array(digits)).length(3).nullable(),
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
  const { pixels, depth, sum, sumSq, min, max } = part;
  if (pixels === 0n) return null;
  const units = UNITS[depth];
  const mean = (c: number, unit: bigint) => (sum === null ? null : ratioToDouble(at(sum, c), pixels * unit));
  const std = (c: number, unit: bigint) =>
    sum === null || sumSq === null
      ? null
      : rootRatioToDouble(pixels * at(sumSq, c) - at(sum, c) ** 2n, pixels * unit);
  const value = (values: PerChannel | null, c: number, unit: bigint) =>
    values === null ? null : at(values, c) / Number(unit);
  return {
    images: part.images,
    depth,
    channels: (['red', 'green', 'blue'] as const).map((channel, c) => ({
      channel,
      mean: figureOf(units, (unit) => mean(c, unit)),
      std: figureOf(units, (unit) => std(c, unit)),
      min: figureOf(units, (unit) => value(min, c, unit)),
      max: figureOf(units, (unit) => value(max, c, unit)),
      percentiles: histogram === null ? null : percentilesOf(at(histogram, c)),
    })),
    exact: {
      pixels: String(pixels),
      sum: sum?.map(String) ?? null,
      sumSq: sumSq?.map(String) ?? null,
      counts: depth === 16 ? null : (histogram?.map((counts) => counts.map(String)) ?? null),
      deepCounts: depth === 8 ? null : (histogram?.map(pairsOf) ?? null),
    },
  };
}

/** By what values of each depth are divided to give a level of 0 to 255, and a unit of 0 to 1. */
const UNITS = { 8: { level: 1n, unit: 255n }, 16: { level: BigInt(DEEP_STEP), unit: 65_535n } } as const;

/** The figure in both of its units, each rounded by itself. */
function figureOf(
  units: (typeof UNITS)[8 | 16],
  compute: (unit: bigint) => number | null,
): { level: number; unit: number } | null {
  const [level, unit] = [compute(units.level), compute(units.unit)];
  return level === null || unit === null ? null : { level, unit };
}

/**
 * @param counts how often each value occurs: 256 of 8 bits, 65,536 of 16
 * @param percents 0 to 100
 */
export function percentilesOf(counts: readonly bigint[], percents: readonly number[] = PERCENTS) {
  const { level, unit } = UNITS[counts.length === 256 ? 8 : 16];
  return percents.map((percent) => ({
    percent,
    level: percentileOf(counts, percent, level),
    unit: percentileOf(counts, percent, unit),
  }));
}

/** How often each value occurs, of a channel of a summary; null where it has none. */
export function countsOf({ exact }: Pick<DatasetStatistics, 'exact'>, channel: number): bigint[] | null {
  const pairs = exact.deepCounts?.[channel];
  if (pairs === undefined) return exact.counts?.[channel]?.map(BigInt) ?? null;
  const counts = new Array<bigint>(DEEP_VALUES).fill(0n);
  for (let at = 0; at < pairs.length; at += 2) counts[Number(pairs[at])] = BigInt(pairs[at + 1] ?? 0);
  return counts;
}

function pairsOf(counts: readonly bigint[]): string[] {
  return counts.flatMap((count, value) => (count === 0n ? [] : [String(value), String(count)]));
}

function at<T>(values: readonly [T, T, T], channel: number): T {
  return channel === 0 ? values[0] : channel === 1 ? values[1] : values[2];
}
