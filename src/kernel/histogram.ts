import type { MeasuredRow } from './row.ts';
import type { Opaque } from './scan.ts';

/** How often each of the values 0-255 occurs: for R, G and B. */
export type Histogram = readonly [readonly number[], readonly number[], readonly number[]];
export type HistogramRow = MeasuredRow & { readonly histogram: Histogram };

/**
 * Count the values of an image.
 *
 * @param pixels in all, those beyond `opaque` being black
 */
export function countValues({ data, channels }: Opaque, pixels: number): Histogram {
  const counts = Array.from({ length: channels }, () => new Uint32Array(256));
  counts.forEach((count, channel) => {
    for (let at = channel; at < data.length; at += channels) {
      const value = data[at] as number;
      count[value] = (count[value] as number) + 1;
    }
    count[0] = (count[0] as number) + pixels - data.length / channels;
  });
  const [red = [], green = red, blue = red] = counts.map((count) => [...count]);
  return [red, green, blue];
}
