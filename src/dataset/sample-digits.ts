import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { encodeGreyPng } from '../kernel/png-writer.ts';

const FILE = new URL('../../assets/digits/digits.csv.gz', import.meta.url);

/** The digits are 8 x 8 pixels of 17 levels. */
const SIDE = 8;
const WHITE = 16;

/** How many handwritten digits there are; more than these are made by brightening them. */
export const DIGITS = 1797;
/** Every digit exists at 256 brightnesses. */
export const MAX_DIGITS = DIGITS * 256;

export type Digit = { readonly label: number; readonly levels: Uint8Array };

/** The handwritten digits of assets/digits: a line is 64 levels of 0-16 and the digit that it shows. */
export async function readDigits(): Promise<Digit[]> {
  const text = (await promisify(gunzip)(await readFile(FILE))).toString('latin1');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const values = line.split(',').map(Number);
      return { levels: Uint8Array.from(values.slice(0, SIDE * SIDE)), label: values[SIDE * SIDE] ?? 0 };
    });
}

/**
 * Digit `index` (from 0) as an 8-bit grey PNG of 8 x 8 pixels. A pixel is round(level * 255 / 16); each further time
 * round the set adds 1 to every pixel (modulo 256), so that no two images of the sample are the same.
 */
export function digitPng(digits: readonly Digit[], index: number): Buffer {
  const digit = digits[index % digits.length];
  if (digit === undefined) throw new RangeError('Expected at least one digit.');
  const brighter = Math.floor(index / digits.length);
  return encodeGreyPng(
    digit.levels.map((level) => (Math.round((level * 255) / WHITE) + brighter) % 256),
    SIDE,
    SIDE,
  );
}
