import * as z from 'zod';
import type { MeasuredRow, PerChannel } from '../kernel/row.ts';

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
});

export const datasetStatisticsSchema = z.object({
  images: z.int().nonnegative(),
  channels: z.array(channelSchema).length(3),
  /** The integers that the figures were computed from, in decimal: they may pass 2^53. */
  exact: z.object({
    pixels: digits,
    sum: z.array(digits).length(3).nullable(),
    sumSq: z.array(digits).length(3).nullable(),
  }),
});
export type DatasetStatistics = z.infer<typeof datasetStatisticsSchema>;

/**
 * Statistics as figures: mean = sum / n and std = sqrt(n * sumSq - sum^2) / n with n pixels, where everything under
 * the root is computed in integers. Null without any image.
 */
export function datasetStatistics(part: Statistics): DatasetStatistics | null {
  const { pixels, sum, sumSq, min, max } = part;
  if (pixels === 0n) return null;
  return {
    images: part.images,
    channels: (['red', 'green', 'blue'] as const).map((channel, c) => ({
      channel,
      mean: toFigure(sum === null ? null : ratio(at(sum, c), pixels)),
      std: toFigure(sum === null || sumSq === null ? null : deviation(pixels, at(sum, c), at(sumSq, c))),
      min: toFigure(min === null ? null : at(min, c)),
      max: toFigure(max === null ? null : at(max, c)),
    })),
    exact: { pixels: String(pixels), sum: sum?.map(String) ?? null, sumSq: sumSq?.map(String) ?? null },
  };
}

function deviation(n: bigint, sum: bigint, sumSq: bigint): number {
  return Math.sqrt(ratio(n * sumSq - sum * sum, n * n));
}

/** a / b to double precision: whole part and fraction apart, so that a may pass 2^53. */
function ratio(a: bigint, b: bigint): number {
  return Number(a / b) + Number(a % b) / Number(b);
}

function toFigure(level: number | null): { level: number; unit: number } | null {
  return level === null ? null : { level, unit: level / 255 };
}

function at<T>(values: readonly [T, T, T], channel: number): T {
  return channel === 0 ? values[0] : channel === 1 ? values[1] : values[2];
}
