import { type ImageErrorCode, MAX_PIXELS } from '../../contract/row.ts';

/** The longest side of an image; what is longer is more than some decoders take. */
export const MAX_SIDE = 1_000_000;

/** One still image found in the bytes of a file, reduced to what decides its pixels. */
export type Still = {
  /** Size of the image as stored: the screen of a GIF, the canvas of a WebP. */
  readonly width: number;
  readonly height: number;
  /** Size of what is encoded. The rest of the image is transparent. */
  readonly frameWidth: number;
  readonly frameHeight: number;
  /** Where in the image that lies. */
  readonly frameLeft: number;
  readonly frameTop: number;
  /** One channel, no transparency, 8 bits: the decoder need not expand it. */
  readonly grey: boolean;
  /** Only of samples of 16 bits: what libvips calls their colours. */
  readonly deep?: 'grey16' | 'rgb16';
  /** Whether a decoder can go through it row by row; else it holds the whole image more than once. */
  readonly streamed: boolean;
  /**
   * Bytes that decoding takes for each pixel of the frame, beside the file, in the kernel that takes most: measured at
   * 6000 x 6000 in all kernels, and rounded up. The same in ec2-workers/fanfleet/formats, since it refuses images.
   */
  readonly perPixel: number;
  /** What a decoder gives as alpha is none, or is in the colours already: it is left out. */
  readonly dropAlpha?: boolean;
  /** Only of a GIF: its codes, to be counted before they are decoded, but not where the image is refused for its size. */
  readonly lzw?: Buffer;
  /** The file for the decoder, in pieces: views of the input, without metadata. */
  readonly pieces: readonly Buffer[];
};

/** Thrown by the readers of headers, and caught in `readStill`. */
export class Refused extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Throw unless a condition on which the file must not be refused holds. */
export function must(condition: boolean, code: ImageErrorCode = 'DECODE_FAILED'): asserts condition {
  if (!condition) throw new Refused(code);
}

/** Refuse sizes that cannot be and sizes that are too large, before anything is decoded. */
export function checkSize(width: number, height: number): void {
  must(width > 0 && height > 0);
  must(width * height <= MAX_PIXELS, 'TOO_MANY_PIXELS');
  must(Math.max(width, height) <= MAX_SIDE, 'UNSUPPORTED_VARIANT');
}
