import { OPERATION_STATISTICS, type Operation, type Statistic } from '../contract/operation.ts';
import type { MeasuredRow } from '../contract/row.ts';
import { channelStatistics } from './wasm/channel-statistics.ts';

/** Raw pixels of 8 bits a channel: grey, grey and alpha, RGB or RGBA, alpha not multiplied in. */
export type Pixels = {
  readonly data: Uint8Array;
  readonly channels: 1 | 2 | 3 | 4;
};

/** Pixels without alpha. */
export type Opaque = { readonly data: Uint8Array; readonly channels: 1 | 3 };

/** Exact statistics of one channel. The squares of an image of 16 bits may add up to 2^59. */
export type Statistics = {
  readonly sum: number;
  readonly sumSq: number | bigint;
  readonly min: number;
  readonly max: number;
};

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
  const opaque = compositeOverBlack(pixels);
  const found = channelStatistics(opaque.data, opaque.channels);
  const isPadded = opaque.data.length < size.width * size.height * opaque.channels;
  const channels = isPadded ? found.map((channel) => ({ ...channel, min: 0 })) : found;
  return measuredRow(key, size, channels, operation);
}

/**
 * @param found of grey, or of R, G and B: of all pixels of the image
 * @param depth bits of their values
 */
export function measuredRow(
  key: string,
  size: { width: number; height: number },
  found: readonly Statistics[],
  operation: Operation,
  depth: 8 | 16 = 8,
): MeasuredRow {
  const compute: Record<Statistic, (channel: Statistics) => number | bigint> = {
    sum: ({ sum }) => sum,
    sumSq: ({ sumSq }) => sumSq,
    min: ({ min }) => min,
    max: ({ max }) => max,
    mean_e6: ({ sum }) => meanE6(sum, size.width * size.height),
  };
  const { width, height } = size;
  const row = { key, width, height, channels: 3, ...(depth === 16 && { depth }) } as const;
  const statistics = OPERATION_STATISTICS[operation].map((name) => [
    name,
    perChannel(found.map(compute[name])),
  ]);
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

/** Grey or RGB of 8 bits over black. */
export function compositeOverBlack({ data, channels }: Pixels): Opaque {
  return withoutAlpha(data, channels, overBlack);
}

/**
 * Colours over black. Writes over the samples it has read, since a second copy would be the most memory that an image
 * takes; opaque pixels are given as they are.
 *
 * @param blend a sample over black by its alpha
 */
export function withoutAlpha<T extends Uint8Array | Uint16Array>(
  data: T,
  channels: 1 | 2 | 3 | 4,
  blend: (value: number, alpha: number) => number,
): { data: T; channels: 1 | 3 } {
  if (channels === 1 || channels === 3) return { data, channels };
  const colours = channels === 2 ? 1 : 3;
  let to = 0;
  for (let from = 0; from < data.length; from += channels) {
    const alpha = data[from + colours] as number;
    for (let channel = 0; channel < colours; channel += 1, to += 1) {
      data[to] = blend(data[from + channel] as number, alpha);
    }
  }
  return { data: data.subarray(0, to) as T, channels: colours };
}

/** Grey in all three. */
function perChannel<T>(values: readonly T[]): readonly T[] {
  const [red, green = red, blue = red] = values;
  return [red, green, blue] as T[];
}
