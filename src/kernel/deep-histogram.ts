import type { DeepHistogram } from '../contract/histogram-file.ts';
import type { MeasuredRow } from '../contract/row.ts';
import { measureDeep, type OpaqueDeep } from './deep.ts';

/** How many values a sample of 16 bits can have. */
export const DEEP_VALUES = 65_536;

/** The row of `stats` by all bits of an image, with its histogram. */
export function deepHistogramRow(
  key: string,
  size: { readonly width: number; readonly height: number },
  pixels: OpaqueDeep,
): MeasuredRow & { readonly histogram: DeepHistogram } {
  const counts = new DeepCounts();
  counts.addPixels(pixels);
  return { ...measureDeep(key, size, pixels, 'stats'), histogram: counts.histogram };
}

/** One histogram of many images, exact below 2^53 as `ValueCounts`; 1.5 MB. */
export class DeepCounts {
  /** 65,536 numbers of R, then of G, then of B. */
  readonly #counts = new Float64Array(3 * DEEP_VALUES);

  addPixels({ data, channels }: OpaqueDeep): void {
    for (let channel = 0; channel < 3; channel += 1) {
      const first = channels === 1 ? 0 : channel;
      for (let at = first; at < data.length; at += channels) this.#increase(channel, data[at] as number, 1);
    }
  }

  add(histogram: DeepHistogram): void {
    for (const [channel, pairs] of histogram.entries()) {
      for (let at = 0; at < pairs.length; at += 2) {
        this.#increase(channel, pairs[at] as number, pairs[at + 1] as number);
      }
    }
  }

  get histogram(): DeepHistogram {
    return [this.#pairsOf(0), this.#pairsOf(1), this.#pairsOf(2)];
  }

  #increase(channel: number, value: number, count: number): void {
    const at = DEEP_VALUES * channel + value;
    this.#counts[at] = (this.#counts[at] as number) + count;
  }

  #pairsOf(channel: number): number[] {
    const pairs: number[] = [];
    this.#counts.subarray(DEEP_VALUES * channel, DEEP_VALUES * (channel + 1)).forEach((count, value) => {
      if (count > 0) pairs.push(value, count);
    });
    return pairs;
  }
}
