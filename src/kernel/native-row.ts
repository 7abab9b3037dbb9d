import { OPERATION_STATISTICS, type Operation } from '../contract/operation.ts';
import type { MeasuredRow, PerChannel } from '../contract/row.ts';
import { meanE6 } from './scan.ts';

/** Where a channel's statistics are in the numbers of the addon, and how far apart its channels are. */
const PLACES = { sum: 0, sumSq: 1, min: 2, max: 3 } as const;
const PER_CHANNEL = 4;

/**
 * The row of an image that the addon measured.
 *
 * @param first where the statistics of its first channel begin in `numbers`
 */
export function nativeRow(
  key: string,
  { width, height }: { readonly width: number; readonly height: number },
  numbers: Float64Array,
  first: number,
  operation: Operation,
): MeasuredRow {
  const row: { -readonly [K in keyof MeasuredRow]: MeasuredRow[K] } = { key, width, height, channels: 3 };
  const perChannel = (place: number) => inChannels(numbers, first + place);
  for (const name of OPERATION_STATISTICS[operation]) {
    if (name === 'mean_e6') {
      const [red, green, blue] = perChannel(PLACES.sum);
      const pixels = width * height;
      row.mean_e6 = [meanE6(red, pixels), meanE6(green, pixels), meanE6(blue, pixels)];
    } else {
      row[name] = perChannel(PLACES[name]);
    }
  }
  return row;
}

/** The sums alone, of an image whose numbers begin at `first`. */
export function nativeSums(numbers: Float64Array, first: number): PerChannel {
  return inChannels(numbers, first + PLACES.sum);
}

function inChannels(numbers: Float64Array, at: number): PerChannel {
  return [numbers[at] ?? 0, numbers[at + PER_CHANNEL] ?? 0, numbers[at + 2 * PER_CHANNEL] ?? 0];
}
