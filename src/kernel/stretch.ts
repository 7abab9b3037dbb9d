import type { Still } from './formats/still.ts';
import type { Normalisation } from './normalisation.ts';
import type { PerChannel } from './row.ts';
import type { Pixels } from './scan.ts';

/** The smallest and the largest value of each channel, 0-255. */
export type Extremes = { readonly min: PerChannel; readonly max: PerChannel };

/** The values that become the smallest and the largest of the format, per channel. */
export function stretchRange(own: Extremes, { channels, range = own }: Normalisation): Extremes {
  if (channels === 'each') return range;
  const min = Math.min(...range.min);
  const max = Math.max(...range.max);
  return { min: [min, min, min], max: [max, max, max] };
}

/**
 * What each value of a byte becomes: (value - min) * 255 / (max - min), a tie to the even neighbour, cut off at 0 and
 * 255. All is 0 where min equals max, as in OpenCV.
 */
export function stretchBytes(min: number, max: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const width = max - min;
    if (width <= 0) return 0;
    const scaled = Math.min(Math.max(value - min, 0), width) * 255;
    const rest = scaled % width;
    const floor = (scaled - rest) / width;
    return floor + (2 * rest + (floor & 1) > width ? 1 : 0);
  });
}

/** Like `stretchBytes`, to 0-1: divided in double precision, then rounded to float32. */
export function stretchFloats(min: number, max: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => {
    const width = max - min;
    return width <= 0 ? 0 : Math.min(Math.max(value - min, 0), width) / width;
  });
}

/**
 * Replace every value by its channel's entry in `tables`, and spread grey to three channels.
 *
 * @param to height x width x 3, row by row
 * @param pixels the frame of the image, opaque; what lies around it is black
 */
export function stretchPixels<T extends Uint8Array | Float32Array>(
  to: T,
  { width, height, frameWidth, frameHeight, frameLeft, frameTop }: Still,
  { data, channels }: Pixels,
  [red, green, blue]: readonly [T, T, T],
): void {
  if (frameWidth < width || frameHeight < height) {
    for (let at = 0; at < to.length; at += 3) set(at, 0, 0, 0);
  }
  let from = 0;
  for (let y = 0; y < frameHeight; y += 1) {
    let at = 3 * ((frameTop + y) * width + frameLeft);
    for (let x = 0; x < frameWidth; x += 1, at += 3) {
      const first = data[from] as number;
      if (channels === 1) set(at, first, first, first);
      else set(at, first, data[from + 1] as number, data[from + 2] as number);
      from += channels;
    }
  }

  function set(at: number, r: number, g: number, b: number): void {
    to[at] = red[r] as number;
    to[at + 1] = green[g] as number;
    to[at + 2] = blue[b] as number;
  }
}
