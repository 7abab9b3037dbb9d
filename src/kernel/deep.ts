import type { Operation } from '../contract/operation.ts';
import type { MeasuredRow, PerChannel } from '../contract/row.ts';
import { measuredRow, type Statistics, withoutAlpha } from './scan.ts';

/** Raw pixels of 16 bits a sample, in this machine's byte order: grey, grey and alpha, RGB or RGBA. */
export type DeepPixels = {
  readonly data: Uint16Array;
  readonly channels: 1 | 2 | 3 | 4;
};

/** Pixels without alpha. */
export type OpaqueDeep = { readonly data: Uint16Array; readonly channels: 1 | 3 };

/** The largest sample of 16 bits. */
export const DEEP_MAXIMUM = 65_535;

/** Values of 16 bits whose squares add up to less than 2^53. */
const EXACT_SQUARES = 2 ** 20;

/** Grey or RGB of 16 bits over black. */
export function deepOverBlack({ data, channels }: DeepPixels): OpaqueDeep {
  return withoutAlpha(data, channels, overBlackDeep);
}

/**
 * c * a / 65535 rounded to the nearest, which is floor((2 * c * a + 65535) / 131070): 65535 is odd, so there is no tie. A
 * double has the product exactly, and no quotient comes so near an integer that the division could reach it.
 */
function overBlackDeep(value: number, alpha: number): number {
  return Math.floor((2 * value * alpha + DEEP_MAXIMUM) / (2 * DEEP_MAXIMUM));
}

/** The row of an image by all its bits, which says its depth. */
export function measureDeep(
  key: string,
  size: { readonly width: number; readonly height: number },
  { data, channels }: OpaqueDeep,
  operation: Operation,
): MeasuredRow {
  const found = Array.from({ length: channels }, (_, first) => statisticsFrom(data, first, channels));
  return measuredRow(key, size, found, operation, 16);
}

/** The smallest and the largest value of each channel; of grey three times. */
export function deepExtremes({ data, channels }: OpaqueDeep): { min: PerChannel; max: PerChannel } {
  const [red, green = red, blue = red] = Array.from({ length: channels }, (_, first) =>
    statisticsFrom(data, first, channels),
  ) as [Statistics, Statistics?, Statistics?];
  return { min: [red.min, green.min, blue.min], max: [red.max, green.max, blue.max] };
}

/** Every `step`-th value from `first` on: one channel. */
function statisticsFrom(data: Uint16Array, first: number, step: number): Statistics {
  let [sum, sumSq, min, max] = [0, 0n, DEEP_MAXIMUM, 0];
  for (let begin = first; begin < data.length; begin += step * EXACT_SQUARES) {
    const end = Math.min(data.length, begin + step * EXACT_SQUARES);
    let squares = 0;
    for (let at = begin; at < end; at += step) {
      const value = data[at] as number;
      sum += value;
      squares += value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    sumSq += BigInt(squares);
  }
  return { sum, sumSq, min, max };
}
