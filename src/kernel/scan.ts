import { OPERATION_STATISTICS, type Operation } from './operation.ts';
import type { MeasuredRow, PerChannel } from './row.ts';

/** Raw pixels of 8 bits a channel: grey, grey and alpha, RGB or RGBA, alpha not multiplied in. */
export type Pixels = {
  readonly data: Uint8Array;
  readonly channels: 1 | 2 | 3 | 4;
};

/** Numbers per channel: one for grey, else three. */
type Channels = readonly number[];

/** How often each of 256 values occurs, per channel: one for grey, else three. */
type Counts = readonly Uint32Array[];

/**
 * The statistics of one image over black, exact.
 *
 * @param size the image, whose pixels beyond `pixels` are transparent, i.e. black
 * @param pixels overwritten where they have alpha
 */
export function measurePixels(
  key: string,
  size: { width: number; height: number },
  pixels: Pixels,
  operation: Operation,
): MeasuredRow {
  const opaque = pixels.channels === 2 || pixels.channels === 4 ? compositeOverBlack(pixels) : pixels;
  const total = size.width * size.height;
  const row = { key, width: size.width, height: size.height, channels: 3 } as const;
  if (operation === 'mean') {
    const sum = sums(opaque);
    return { ...row, sum: perChannel(sum), mean_e6: perChannel(sum.map((value) => meanE6(value, total))) };
  }
  const counts = histograms(opaque, total);
  const compute = {
    sum: () => counts.map((count) => momentOf(count, 1)),
    sumSq: () => counts.map((count) => momentOf(count, 2)),
    min: () => counts.map((count) => count.findIndex((times) => times > 0)),
    max: () => counts.map((count) => count.findLastIndex((times) => times > 0)),
    mean_e6: () => counts.map((count) => meanE6(momentOf(count, 1), total)),
  };
  const statistics = OPERATION_STATISTICS[operation].map((name) => [name, perChannel(compute[name]())]);
  return { ...row, ...Object.fromEntries(statistics) };
}

/** The mean times 10^6, rounded half up: floor((2 * sum * 10^6 + n) / 2n). */
export function meanE6(sum: number, n: number): number {
  const numerator = 2_000_000 * sum + n;
  if (numerator <= Number.MAX_SAFE_INTEGER) return (numerator - (numerator % (2 * n))) / (2 * n);
  return Number((2_000_000n * BigInt(sum) + BigInt(n)) / (2n * BigInt(n)));
}

/** c * a / 255 rounded to the nearest, which is floor((2 * c * a + 255) / 510): 255 is odd, so there is no tie. */
export function overBlack(value: number, alpha: number): number {
  const scaled = value * alpha + 128;
  return (scaled + (scaled >> 8)) >> 8;
}

/** Writes over the pixels it has read, since a second copy would be the most memory that an image takes. */
function compositeOverBlack({ data, channels }: Pixels): Pixels {
  const colours = channels === 2 ? 1 : 3;
  let to = 0;
  for (let from = 0; from < data.length; from += channels) {
    const alpha = data[from + colours] as number;
    for (let channel = 0; channel < colours; channel += 1, to += 1) {
      data[to] = overBlack(data[from + channel] as number, alpha);
    }
  }
  return { data: data.subarray(0, to), channels: colours };
}

/** At most 255 * 2^27, far below 2^53. */
function sums({ data, channels }: Pixels): Channels {
  if (channels === 1) return [data.reduce((sum, value) => sum + value, 0)];
  let [red, green, blue] = [0, 0, 0];
  for (let at = 0; at + 2 < data.length; at += 3) {
    red += data[at] as number;
    green += data[at + 1] as number;
    blue += data[at + 2] as number;
  }
  return [red, green, blue];
}

/** Counting is faster in JavaScript than sums, squares, minima and maxima one by one, and gives all of them. */
function histograms({ data, channels }: Pixels, total: number): Counts {
  const colours = channels === 1 ? 1 : 3;
  const flat = new Uint32Array(256 * colours);
  if (colours === 1) {
    for (let at = 0; at < data.length; at += 1) {
      const bin = data[at] as number;
      flat[bin] = (flat[bin] as number) + 1;
    }
  } else {
    for (let at = 0; at + 2 < data.length; at += 3) {
      const red = data[at] as number;
      const green = 256 + (data[at + 1] as number);
      const blue = 512 + (data[at + 2] as number);
      flat[red] = (flat[red] as number) + 1;
      flat[green] = (flat[green] as number) + 1;
      flat[blue] = (flat[blue] as number) + 1;
    }
  }
  const outside = total - data.length / colours;
  return Array.from({ length: colours }, (_, channel) => {
    const count = flat.subarray(256 * channel, 256 * (channel + 1));
    count[0] = (count[0] ?? 0) + outside;
    return count;
  });
}

/** The sum of value^power over all pixels; at most 255^2 * 2^27 < 2^43. */
function momentOf(count: Uint32Array, power: 1 | 2): number {
  return count.reduce((sum, times, value) => sum + times * (power === 1 ? value : value * value), 0);
}

function perChannel(values: Channels): PerChannel {
  const [red = 0, green = red, blue = red] = values;
  return [red, green, blue];
}
