import { type Histogram, VALUES } from '../kernel/histogram.ts';
import { MAX_PIXELS } from '../kernel/row.ts';
import { serializeHistogram } from '../run/histogram-file.ts';
import type { Statistics } from './statistics.ts';

/** How often each of the values 0-255 occurs in the dataset, for R, G and B: the counts may pass 2^53. */
export type DatasetHistogram = readonly [readonly bigint[], readonly bigint[], readonly bigint[]];

/** The histogram of a batch, or why it cannot be used. */
export type CheckedHistogram =
  | { readonly counts: Histogram; readonly why?: never }
  | { readonly why: string; readonly counts?: never };

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
  for (const [channel, counts] of file.counts.entries()) {
    const why = contradiction(counts, rows, channel);
    if (why !== null) return { why: `${why} of channel ${channel} differ from those of the rows` };
  }
  return { counts: file.counts };
}

/** Adds up histograms, exactly. Holds 12 KiB, however many there are. */
export class HistogramSum {
  readonly #total = new BigUint64Array(3 * VALUES);
  /** What was added since, as long as it is below 2^53: adding BigInts takes ten times as long. */
  readonly #recent = new Float64Array(3 * VALUES);
  #recentPixels = 0;

  add(histogram: Histogram): void {
    const pixels = histogram[0].reduce((sum, count) => sum + count, 0);
    if (this.#recentPixels + pixels > Number.MAX_SAFE_INTEGER) this.#settle();
    this.#recentPixels += pixels;
    histogram.forEach((counts, channel) => {
      counts.forEach((count, value) => {
        const at = VALUES * channel + value;
        this.#recent[at] = (this.#recent[at] as number) + count;
      });
    });
  }

  /** The histogram of so many pixels; null where they were not all counted, since a part would pass for the whole. */
  of(pixels: bigint): DatasetHistogram | null {
    this.#settle();
    const channel = (at: number) => [...this.#total.subarray(VALUES * at, VALUES * (at + 1))];
    const histogram = [channel(0), channel(1), channel(2)] as const;
    return histogram[0].reduce((sum, count) => sum + count, 0n) === pixels ? histogram : null;
  }

  #settle(): void {
    this.#recent.forEach((count, at) => {
      this.#total[at] = (this.#total[at] as bigint) + BigInt(count);
    });
    this.#recent.fill(0);
    this.#recentPixels = 0;
  }
}

type HistogramFile = { readonly batch: number; readonly images: number; readonly counts: Histogram };

/** By hand, since a batch is checked for each of maybe 100,000. The most images of a batch are 10,000. */
function parseFile(text: string): HistogramFile | null {
  try {
    const file: Partial<HistogramFile> | null = JSON.parse(text);
    if (!isCount(file?.batch) || !isCount(file.images) || !Array.isArray(file.counts)) return null;
    const isWhole = file.counts.length === 3 && file.counts.every(isChannel);
    return isWhole ? (file as HistogramFile) : null;
  } catch {
    return null;
  }
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
function contradiction(counts: readonly number[], rows: Statistics, channel: number): string | null {
  const low = moments(counts.map((count) => count % SPLIT));
  const high = moments(counts.map((count) => Math.floor(count / SPLIT)));
  const exact = (name: 'pixels' | 'sum' | 'sumSq') => BigInt(high[name]) * BigInt(SPLIT) + BigInt(low[name]);
  if (exact('pixels') !== rows.pixels) return 'the pixels';
  if (rows.images === 0) return null;
  if (exact('sum') !== rows.sum?.[channel]) return 'the sum';
  if (exact('sumSq') !== rows.sumSq?.[channel]) return 'the sum of squares';
  const min = counts.findIndex((count) => count > 0);
  const max = counts.findLastIndex((count) => count > 0);
  return min === rows.min?.[channel] && max === rows.max?.[channel] ? null : 'minimum and maximum';
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
