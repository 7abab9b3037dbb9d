import type { DeepHistogram, Histogram } from '../contract/histogram-file.ts';
import { isDeep, type MeasuredRow } from '../contract/row.ts';
import { DeepCounts } from './deep-histogram.ts';
import type { Opaque } from './scan.ts';
import type { ChannelStatistics } from './wasm/channel-statistics.ts';

/** Where it has 16 bits, its histogram is a `DeepHistogram`. */
export type HistogramRow = MeasuredRow & { readonly histogram: Histogram | DeepHistogram };

/** How many values a sample of 8 bits can have. */
export const VALUES = 256;

/**
 * Count the values of an image.
 *
 * @param pixels in all, those beyond `opaque` being black
 */
export function countValues({ data, channels }: Opaque, pixels: number): Histogram {
  const outside = pixels - data.length / channels;
  const [red, green, blue] = channels === 1 ? countGrey(data) : countRgb(data);
  for (const count of new Set([red, green, blue])) count[0] = (count[0] as number) + outside;
  return [Array.from(red), Array.from(green), Array.from(blue)];
}

type Counts = readonly [Uint32Array, Uint32Array, Uint32Array];

function countGrey(data: Uint8Array): Counts {
  const grey = new Uint32Array(VALUES);
  for (let at = 0; at < data.length; at += 1) increment(grey, data[at] as number);
  return [grey, grey, grey];
}

/** In one pass: three would wait for the memory three times. */
function countRgb(data: Uint8Array): Counts {
  const counts = [new Uint32Array(VALUES), new Uint32Array(VALUES), new Uint32Array(VALUES)] as const;
  const [red, green, blue] = counts;
  for (let at = 0; at < data.length; at += 3) {
    increment(red, data[at] as number);
    increment(green, data[at + 1] as number);
    increment(blue, data[at + 2] as number);
  }
  return counts;
}

function increment(counts: Uint32Array, value: number): void {
  counts[value] = (counts[value] as number) + 1;
}

/** The statistics of the values that were counted, exact for one image. */
export function statisticsOfCounts(counts: readonly number[]): ChannelStatistics {
  let [sum, sumSq, min, max] = [0, 0, VALUES - 1, 0];
  counts.forEach((count, value) => {
    if (count === 0) return;
    sum += value * count;
    sumSq += value * value * count;
    min = Math.min(min, value);
    max = value;
  });
  return { sum, sumSq, min, max };
}

/** One histogram of many images, exact below 2^53: the largest batch of the largest images has under 2^41 pixels. */
export class ValueCounts {
  /** 256 numbers of R, then of G, then of B. */
  readonly #counts = new Float64Array(3 * VALUES);
  #deep: { readonly counts: DeepCounts; images: number } | undefined;

  /** @param counts as they are kept here */
  add(counts: ArrayLike<number>): void {
    for (let at = 0; at < 3 * VALUES; at += 1) {
      this.#counts[at] = (this.#counts[at] as number) + (counts[at] as number);
    }
  }

  addImage(row: HistogramRow): void {
    if (isDeep(row)) {
      this.#deep ??= { counts: new DeepCounts(), images: 0 };
      this.#deep.counts.add(row.histogram);
      this.#deep.images += 1;
    } else {
      this.add(row.histogram.flat());
    }
  }

  get histogram(): Histogram {
    const channel = (at: number) => [...this.#counts.subarray(VALUES * at, VALUES * (at + 1))];
    return [channel(0), channel(1), channel(2)];
  }

  /** Of the images of 16 bits alone; null where there are none. */
  get deep(): { readonly images: number; readonly counts: DeepHistogram } | null {
    return this.#deep === undefined
      ? null
      : { images: this.#deep.images, counts: this.#deep.counts.histogram };
  }
}
