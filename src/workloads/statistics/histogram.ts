import type { DeepHistogram, Histogram } from '../../contract/histogram-file.ts';
import { type BatchHistogram, serializeHistogram } from '../../contract/histogram-file.ts';
import { MAX_PIXELS } from '../../contract/row.ts';
import { DEEP_VALUES } from '../../kernel/deep-histogram.ts';
import { VALUES } from '../../kernel/histogram.ts';
import { DEEP_STEP } from '../../kernel/stretch.ts';
import type { DatasetHistogram, Statistics } from './statistics.ts';

/** The histogram of a batch, or why it cannot be used. */
export type CheckedHistogram =
  | { readonly histogram: BatchHistogram; readonly why?: never }
  | { readonly why: string; readonly histogram?: never };

/**
 * Check the histogram of a batch: it must be exactly what `serializeHistogram` writes, and say the same as the rows.
 *
 * @param rows the statistics of the rows of this batch
 */
export function checkHistogram(body: Buffer, batch: number, rows: Statistics): CheckedHistogram {
  const text = body.toString('utf8');
  const file = parseFile(text);
  if (file === null || file.batch !== batch || serializeHistogram({ ...file, batch }) !== text) {
    return { why: 'no histogram of this batch in its one text form' };
  }
  if (file.images !== rows.images) return { why: `${file.images} images, but ${rows.images} measured rows` };
  if ((file.deep === undefined) !== (rows.depth === 8)) return { why: 'another depth than the rows' };
  for (const channel of [0, 1, 2] as const) {
    const why = contradiction(file, rows, channel);
    if (why !== null) return { why: `${why} of channel ${channel} differ from those of the rows` };
  }
  return { histogram: file };
}

/** Adds up histograms, exactly. Holds 12 KiB, however many there are, and 3 MiB if there are images of 16 bits. */
export class HistogramSum {
  readonly #plain = new ChannelSums(VALUES);
  #deep: ChannelSums | undefined;

  add({ counts, deep }: Pick<BatchHistogram, 'counts' | 'deep'>): void {
    this.#plain.add(counts);
    if (deep === undefined) return;
    this.#deep ??= new ChannelSums(DEEP_VALUES);
    this.#deep.addPairs(deep.counts);
  }

  /**
   * The histogram of so many pixels; null where they were not all counted, since a part would pass for the whole. Beside
   * images of 16 bits the values of 8 are multiplied by 257.
   */
  of(pixels: bigint): DatasetHistogram | null {
    const histogram = this.#deep === undefined ? this.#plain.totals : this.#together(this.#deep);
    return histogram[0].reduce((sum, count) => sum + count, 0n) === pixels ? histogram : null;
  }

  #together(deep: ChannelSums): DatasetHistogram {
    const { totals } = deep;
    for (const [channel, counts] of this.#plain.totals.entries()) {
      const to = totals[channel] as bigint[];
      for (const [value, count] of counts.entries())
        to[DEEP_STEP * value] = (to[DEEP_STEP * value] ?? 0n) + count;
    }
    return totals;
  }
}

/** Counts of R, G and B. */
class ChannelSums {
  readonly #values: number;
  readonly #total: BigUint64Array;
  /** What was added since, as long as it is below 2^53: adding BigInts takes ten times as long. */
  readonly #recent: Float64Array;
  #recentPixels = 0;

  constructor(values: number) {
    this.#values = values;
    this.#total = new BigUint64Array(3 * values);
    this.#recent = new Float64Array(3 * values);
  }

  add(counts: Histogram): void {
    this.#make(counts[0].reduce((sum, count) => sum + count, 0));
    for (const [channel, values] of counts.entries()) {
      values.forEach((count, value) => {
        this.#increase(channel, value, count);
      });
    }
  }

  addPairs(counts: DeepHistogram): void {
    this.#make(counts[0].reduce((sum, count, at) => sum + (at % 2 === 1 ? count : 0), 0));
    for (const [channel, pairs] of counts.entries()) {
      for (let at = 0; at < pairs.length; at += 2) {
        this.#increase(channel, pairs[at] as number, pairs[at + 1] as number);
      }
    }
  }

  get totals(): [bigint[], bigint[], bigint[]] {
    this.#settle();
    const channel = (at: number) => [...this.#total.subarray(this.#values * at, this.#values * (at + 1))];
    return [channel(0), channel(1), channel(2)];
  }

  /** Room for so many more pixels. */
  #make(pixels: number): void {
    if (this.#recentPixels + pixels > Number.MAX_SAFE_INTEGER) this.#settle();
    this.#recentPixels += pixels;
  }

  #increase(channel: number, value: number, count: number): void {
    const at = this.#values * channel + value;
    this.#recent[at] = (this.#recent[at] as number) + count;
  }

  #settle(): void {
    this.#recent.forEach((count, at) => {
      if (count > 0) this.#total[at] = (this.#total[at] as bigint) + BigInt(count);
    });
    this.#recent.fill(0);
    this.#recentPixels = 0;
  }
}

/** By hand, since a batch is checked for each of maybe 100,000. The most images of a batch are 10,000. */
function parseFile(text: string): BatchHistogram | null {
  try {
    const file: Partial<BatchHistogram> | null = JSON.parse(text);
    if (!isCount(file?.batch) || !isCount(file.images) || !areChannels(file.counts, isChannel)) return null;
    const { deep } = file;
    const isWhole = deep === undefined || (isCount(deep.images) && areChannels(deep.counts, arePairs));
    return isWhole ? (file as BatchHistogram) : null;
  } catch {
    return null;
  }
}

function areChannels(counts: unknown, isOne: (channel: unknown) => boolean): boolean {
  return Array.isArray(counts) && counts.length === 3 && counts.every(isOne);
}

/** Values of 16 bits in ascending order, each with its count. */
function arePairs(pairs: unknown): boolean {
  if (!Array.isArray(pairs) || pairs.length % 2 !== 0) return false;
  let last = -1;
  for (let at = 0; at < pairs.length; at += 2) {
    const [value, count] = [pairs[at], pairs[at + 1]];
    if (!isCount(value) || value <= last || value >= DEEP_VALUES || !isCount(count) || count === 0)
      return false;
    last = value;
  }
  return true;
}

function isChannel(counts: unknown): boolean {
  return Array.isArray(counts) && counts.length === VALUES && counts.every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST;
}

/** So many pixels of a batch are possible, so that no sum of a file's counts leaves the integers of a double. */
const MOST = 10_000 * MAX_PIXELS;

/** Which statistics of a channel the rows have otherwise; null where none. */
function contradiction(
  { counts, deep }: BatchHistogram,
  rows: Statistics,
  channel: 0 | 1 | 2,
): string | null {
  const plain = momentsOf(counts[channel]);
  const found = deep === undefined ? plain : together(plain, momentsOfPairs(deep.counts[channel]));
  if (found.pixels !== rows.pixels) return 'the pixels';
  if (rows.images === 0) return null;
  if (found.sum !== rows.sum?.[channel]) return 'the sum';
  if (found.sumSq !== rows.sumSq?.[channel]) return 'the sum of squares';
  const isSame = found.min === rows.min?.[channel] && found.max === rows.max?.[channel];
  return isSame ? null : 'minimum and maximum';
}

/** `min` is infinite, and `max` below 0, where there are no pixels. */
type Moments = {
  readonly pixels: bigint;
  readonly sum: bigint;
  readonly sumSq: bigint;
  readonly min: number;
  readonly max: number;
};

function momentsOf(counts: readonly number[]): Moments {
  const low = moments(counts.map((count) => count % SPLIT));
  const high = moments(counts.map((count) => Math.floor(count / SPLIT)));
  const exact = (name: 'pixels' | 'sum' | 'sumSq') => BigInt(high[name]) * BigInt(SPLIT) + BigInt(low[name]);
  const first = counts.findIndex((count) => count > 0);
  return {
    pixels: exact('pixels'),
    sum: exact('sum'),
    sumSq: exact('sumSq'),
    min: first === -1 ? Number.POSITIVE_INFINITY : first,
    max: counts.findLastIndex((count) => count > 0),
  };
}

function momentsOfPairs(pairs: readonly number[]): Moments {
  let [pixels, sum, sumSq] = [0n, 0n, 0n];
  for (let at = 0; at < pairs.length; at += 2) {
    const [value, count] = [BigInt(pairs[at] as number), BigInt(pairs[at + 1] as number)];
    pixels += count;
    sum += value * count;
    sumSq += value * value * count;
  }
  return { pixels, sum, sumSq, min: pairs[0] ?? Number.POSITIVE_INFINITY, max: pairs.at(-2) ?? -1 };
}

/** Of 8 bits and of 16 on the scale of 16. */
function together(plain: Moments, deep: Moments): Moments {
  const step = BigInt(DEEP_STEP);
  return {
    pixels: plain.pixels + deep.pixels,
    sum: step * plain.sum + deep.sum,
    sumSq: step * step * plain.sumSq + deep.sumSq,
    min: Math.min(DEEP_STEP * plain.min, deep.min),
    max: Math.max(DEEP_STEP * plain.max, deep.max),
  };
}

/** Counts are taken in two parts, so that 256 of them times 255^2 stay below 2^53. */
const SPLIT = 2 ** 28;

function moments(counts: readonly number[]): { pixels: number; sum: number; sumSq: number } {
  let [pixels, sum, sumSq] = [0, 0, 0];
  counts.forEach((count, value) => {
    pixels += count;
    sum += value * count;
    sumSq += value * value * count;
  });
  return { pixels, sum, sumSq };
}
