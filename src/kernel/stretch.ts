import type { Normalisation } from '../contract/normalisation.ts';
import type { PerChannel } from '../contract/row.ts';
import type { DeepPixels } from './deep.ts';
import type { Still } from './formats/still.ts';
import type { Pixels } from './scan.ts';

/** The smallest and the largest value of each channel, of 8 or 16 bits. */
export type Extremes = { readonly min: PerChannel; readonly max: PerChannel };

/** What is stretched, and which values each of its samples has as steps of the range. */
export type Stretch = Extremes & {
  /** How many values a sample can have: 256 of 8 bits, 65,536 of 16. */
  readonly values: number;
  /** So many steps of the range lie between two of them: 257, where the range is of 16 bits and the image of 8. */
  readonly step: number;
};

/** 65535 / 255: the white of 16 bits is so many times that of 8. */
export const DEEP_STEP = 257;

/**
 * The values that become the smallest and the largest of the format, per channel. Where the range of a dataset is of
 * another depth than the image, white is made white: 8 bits are multiplied by 257.
 *
 * @param own of the image
 * @param depth of the image
 */
export function stretchRange(own: Extremes, depth: 8 | 16, { channels, range }: Normalisation): Stretch {
  const { min, max } = onScale(own, depth, range);
  const step = depth === 8 && range?.depth === 16 ? DEEP_STEP : 1;
  const values = 2 ** depth;
  if (channels === 'each') return { min, max, values, step };
  const [least, most] = [Math.min(...min), Math.max(...max)];
  return { min: [least, least, least], max: [most, most, most], values, step };
}

function onScale(own: Extremes, depth: 8 | 16, range: Normalisation['range']): Extremes {
  if (range === undefined || depth === 8 || range.depth === 16) return range ?? own;
  const deepen = ([red, green, blue]: PerChannel): PerChannel => [
    red * DEEP_STEP,
    green * DEEP_STEP,
    blue * DEEP_STEP,
  ];
  return { min: deepen(range.min), max: deepen(range.max) };
}

/**
 * What each value becomes: (value - min) * 255 / (max - min), a tie to the even neighbour, cut off at 0 and 255. All is
 * 0 where min equals max, as in OpenCV.
 *
 * @param values how many there are. @default 256
 * @param step from one to the next. @default 1
 */
export function stretchBytes(min: number, max: number, values = 256, step = 1): Uint8Array {
  return Uint8Array.from({ length: values }, (_, at) => {
    const width = max - min;
    if (width <= 0) return 0;
    const scaled = Math.min(Math.max(at * step - min, 0), width) * 255;
    const rest = scaled % width;
    const floor = (scaled - rest) / width;
    return floor + (2 * rest + (floor & 1) > width ? 1 : 0);
  });
}

/** Like `stretchBytes`, to 0-1: divided in double precision, then rounded to float32. */
export function stretchFloats(min: number, max: number, values = 256, step = 1): Float32Array {
  return Float32Array.from({ length: values }, (_, at) => {
    const width = max - min;
    return width <= 0 ? 0 : Math.min(Math.max(at * step - min, 0), width) / width;
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
  { data, channels }: Pixels | DeepPixels,
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
