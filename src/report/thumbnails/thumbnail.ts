import { imageFormatOf } from '../../kernel/formats/signature.ts';
import { encodeRgbPng, filterLines } from '../../kernel/png-writer.ts';

/** The longest side of a thumbnail, in pixels of the page, where nothing else is said. */
const LONGEST = 64;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ShownSize extends Size {
  readonly isEnlarged: boolean;
}

/** How large an image is shown: small ones are enlarged by a whole number, so that all of their pixels are squares of one size. */
export function shownSize({ width, height }: Size): ShownSize {
  const longest = Math.max(width, height);
  const factor = longest <= LONGEST ? Math.floor(LONGEST / longest) : LONGEST / longest;
  return { width: atLeastOne(width * factor), height: atLeastOne(height * factor), isEnlarged: factor > 1 };
}

/**
 * An image as PNG in a data URI. One whose longest side has more than 64 pixels is made smaller: each pixel is then the mean of
 * a square of pixels.
 *
 * @param rgb 8-bit R, G and B of every pixel, rows from the top: width * height * 3
 */
export async function thumbnailOf(rgb: Uint8Array, size: Size): Promise<string> {
  return dataUri('png', await smallPng(rgb, size, LONGEST));
}

/** The same as a file, with sides of at most `longest` pixels. */
export function smallPng(rgb: Uint8Array, size: Size, longest: number): Promise<Buffer> {
  const factor = Math.ceil(Math.max(size.width, size.height) / longest);
  const { data, width, height } = factor === 1 ? { data: rgb, ...size } : meansOfSquares(rgb, size, factor);
  return encodeRgbPng(filterLines(data, width, height), width, height);
}

/** Formats that every browser shows. */
const SHOWN = ['jpeg', 'png', 'gif', 'webp'] as const;

/** A file as it is in a data URI, by what its first bytes say that it is; null where browsers may not show it. */
export function fileAsThumbnail(file: Buffer): string | null {
  const format = imageFormatOf(file);
  const shown = SHOWN.find((name) => name === format);
  return shown === undefined ? null : dataUri(shown, file);
}

function dataUri(format: (typeof SHOWN)[number], file: Buffer): string {
  return `data:image/${format};base64,${file.toString('base64')}`;
}

function meansOfSquares(rgb: Uint8Array, { width, height }: Size, factor: number) {
  const [columns, rows] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const data = new Uint8Array(columns * rows * 3);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [left, top] = [column * factor, row * factor];
      const [right, bottom] = [Math.min(left + factor, width), Math.min(top + factor, height)];
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (let y = top; y < bottom; y += 1) {
          for (let x = left; x < right; x += 1) sum += rgb[(y * width + x) * 3 + channel] ?? 0;
        }
        data[(row * columns + column) * 3 + channel] = Math.round(sum / ((right - left) * (bottom - top)));
      }
    }
  }
  return { data, width: columns, height: rows };
}

function atLeastOne(pixels: number): number {
  return Math.max(1, Math.round(pixels));
}
