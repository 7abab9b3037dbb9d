import * as z from 'zod';
import type { MeasuredRow, PerChannel } from '../../contract/row.ts';
import { compareKeys } from '../../dataset/order.ts';
import { DEEP_STEP } from '../../kernel/stretch.ts';
import { EXAMPLES } from '../problems.ts';

const CHANNELS = ['red', 'green', 'blue'] as const;

/** Levels are those of 8 bits, 0 to 255; of an image of 16 bits they have fractions. */
const fencesSchema = z.object({
  channel: z.enum(CHANNELS),
  /** Quartiles of the means of the images. */
  q1: z.number(),
  q3: z.number(),
  /** A mean below `low` or above `high` is an outlier. */
  low: z.number(),
  high: z.number(),
  /** Images below and above. One image can be an outlier of several channels. */
  below: z.int().nonnegative(),
  above: z.int().nonnegative(),
});

/** Images that stand out of their dataset. */
export const outliersSchema = z.object({
  /** Images that could be measured. */
  images: z.int().nonnegative(),
  /** By their means; null where the rows have none. */
  means: z
    .object({
      channels: z.array(fencesSchema).length(3),
      /** The images that are farthest out, the farthest first, each by its farthest channel. */
      farthest: z
        .array(
          z.object({
            key: z.string(),
            channel: z.enum(CHANNELS),
            mean: z.number(),
            /** How many interquartile ranges it lies beyond the quartile next to it: more than 3. */
            ranges: z.number(),
          }),
        )
        .max(EXAMPLES),
    })
    .nullable(),
  /** Images of one colour, whose minimum is their maximum in each channel; null where the rows have neither. */
  constant: z
    .object({ count: z.int().nonnegative(), examples: z.array(z.string()).max(EXAMPLES) })
    .nullable(),
});
export type Outliers = z.infer<typeof outliersSchema>;

/** Means are counted in steps of so many millionths of a level: those are the bounds of quartiles and fences. */
const STEP = 1024;
const STEPS = Math.floor(255_000_000 / STEP) + 1;

/** Tukey's factor for what is far out (Exploratory Data Analysis, 1977). */
const FENCE_RANGES = 3;

/** At least one level: where most images have nearly one mean, the last decimals make no outlier. */
const LEAST_RANGE = Math.ceil(1_000_000 / STEP);

/**
 * Finds outliers in one pass over the rows of a dataset, in memory that does not grow with it: 3 MB of counts and the
 * 20 darkest and brightest images of each channel.
 *
 * An image is an outlier if its mean in a channel lies more than 3 interquartile ranges below the first or above the
 * third quartile of all images. Means are rounded down to steps of 0.001024 levels for that, by which the quartiles
 * are low at most; counts and examples are exact for these steps.
 */
export class OutlierFinder {
  #images = 0;
  #means: readonly [ChannelMeans, ChannelMeans, ChannelMeans] | null = null;
  #constant: { count: number; examples: string[] } | null = null;

  add({ key, depth, mean_e6, min, max }: MeasuredRow): void {
    this.#images += 1;
    if (mean_e6 !== undefined) {
      this.#means ??= [new ChannelMeans(), new ChannelMeans(), new ChannelMeans()];
      const step = depth === 16 ? DEEP_STEP : 1;
      for (const [channel, means] of this.#means.entries()) means.add(key, (mean_e6[channel] ?? 0) / step);
    }
    if (min !== undefined && max !== undefined) {
      this.#constant ??= { count: 0, examples: [] };
      if (isConstant(min, max)) {
        this.#constant.count += 1;
        if (this.#constant.examples.length < EXAMPLES) this.#constant.examples.push(copyOf(key));
      }
    }
  }

  /** Null without any image. */
  get outliers(): Outliers | null {
    if (this.#images === 0) return null;
    return {
      images: this.#images,
      means: this.#means === null ? null : this.#ofMeans(this.#means),
      constant: this.#constant,
    };
  }

  #ofMeans(means: readonly ChannelMeans[]): NonNullable<Outliers['means']> {
    const found = means.map((channelMeans) => channelMeans.outliers(this.#images));
    const farthest = new Map<string, NonNullable<Outliers['means']>['farthest'][number]>();
    for (const [index, { candidates }] of found.entries()) {
      const channel = CHANNELS[index] ?? 'blue';
      for (const { key, meanE6, ranges } of candidates) {
        const other = farthest.get(key);
        if (other === undefined || other.ranges < ranges) {
          farthest.set(key, { key, channel, mean: meanE6 / 1e6, ranges });
        }
      }
    }
    return {
      channels: found.map(({ fences }, index) => ({ channel: CHANNELS[index] ?? 'blue', ...fences })),
      farthest: [...farthest.values()]
        .sort((a, b) => b.ranges - a.ranges || compareKeys(a.key, b.key))
        .slice(0, EXAMPLES),
    };
  }
}

function isConstant(min: PerChannel, max: PerChannel): boolean {
  return min[0] === max[0] && min[1] === max[1] && min[2] === max[2];
}

type Extreme = { readonly key: string; readonly meanE6: number };

/** The means of all images in one channel. */
class ChannelMeans {
  /** Images per step. */
  readonly #counts = new Uint32Array(STEPS);
  readonly #darkest: Extreme[] = [];
  readonly #brightest: Extreme[] = [];

  add(key: string, meanE6: number): void {
    const step = stepOf(meanE6);
    this.#counts[step] = (this.#counts[step] as number) + 1;
    keepExtreme(this.#darkest, key, meanE6, 1);
    keepExtreme(this.#brightest, key, meanE6, -1);
  }

  outliers(images: number) {
    const [q1, q3] = [this.#quantile(images / 4), this.#quantile((3 * images) / 4)];
    const range = Math.max(LEAST_RANGE, q3 - q1);
    const [low, high] = [q1 - FENCE_RANGES * range, q3 + FENCE_RANGES * range];
    const rangesBeyond = (step: number) => Math.max(q1 - step, step - q3) / range;
    const candidates = [...this.#darkest, ...this.#brightest]
      .filter(({ meanE6 }) => stepOf(meanE6) < low || stepOf(meanE6) > high)
      .map(({ key, meanE6 }) => ({ key, meanE6, ranges: rangesBeyond(stepOf(meanE6)) }));
    return {
      fences: {
        q1: levelOf(q1),
        q3: levelOf(q3),
        low: levelOf(low),
        high: levelOf(high),
        below: sumOf(this.#counts.subarray(0, Math.max(0, low))),
        above: sumOf(this.#counts.subarray(high + 1)),
      },
      candidates,
    };
  }

  /** The first step with at least `rank` images up to it. */
  #quantile(rank: number): number {
    let seen = 0;
    return this.#counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
  }
}

/** Keep the first of the images in order of `sign` times their mean; of equal ones those that came first. */
function keepExtreme(kept: Extreme[], key: string, meanE6: number, sign: 1 | -1): void {
  const last = kept[EXAMPLES - 1];
  if (last !== undefined && sign * meanE6 >= sign * last.meanE6) return;
  const at = kept.findLastIndex((other) => sign * other.meanE6 <= sign * meanE6) + 1;
  kept.splice(at, 0, { key: copyOf(key), meanE6 });
  if (kept.length > EXAMPLES) kept.pop();
}

/** A key of its own: one that was cut out of the rows of a batch would keep all of them in memory. */
function copyOf(key: string): string {
  return Buffer.from(key).toString();
}

function stepOf(meanE6: number): number {
  return Math.floor(meanE6 / STEP);
}

function levelOf(step: number): number {
  return (step * STEP) / 1e6;
}

function sumOf(counts: Uint32Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
