import type { NormalisedFormat } from '../contract/normalisation.ts';
import type { Still } from './formats/still.ts';
import type { Kernel } from './kernel.ts';
import { refusedImage } from './prepared.ts';

/** What normalising adds for each pixel of the image: the stretched pixels, and the file while it is made. */
const OUTPUT_BYTES: Readonly<Record<NormalisedFormat, number>> = { png: 9, jpeg: 9, npy: 15 };

/** Tables, what allocators keep, and the parts of an image that are worked on. */
const FIXED_BYTES = 24 * 1024 * 1024;

/**
 * Bytes of memory that an image takes in the kernel that takes most: known from its header, before it is decoded. With
 * the limit of a run it decides whether the image is refused, so it is the same function as `image_bytes` of
 * ec2-workers/fanfleet/image_memory.py. The file counts twice, since a decoder may need it in one piece.
 *
 * @param inputBytes of the file
 * @param format of the normalised copy, if one is made
 */
export function imageBytes(still: Still, inputBytes: number, format?: NormalisedFormat): number {
  const { width, height, frameWidth, frameHeight, perPixel } = still;
  const output = format === undefined ? 0 : OUTPUT_BYTES[format] * width * height;
  return FIXED_BYTES + 2 * inputBytes + perPixel * frameWidth * frameHeight + output;
}

/** Whether no image in a file of so many bytes can be done in so much memory: then it need not be read. */
export function isFileTooLarge(fileBytes: number, mostBytes: number): boolean {
  return FIXED_BYTES + 2 * fileBytes > mostBytes;
}

/**
 * The kernel, which gives a row with TOO_MUCH_MEMORY for an image that would take more than `mostBytes`.
 *
 * @param format of the normalised copies, if they are made
 */
export function withinMemory(kernel: Kernel, mostBytes: number, format?: NormalisedFormat): Kernel {
  return {
    ...kernel,
    prepare(input, key, depth) {
      const prepared = kernel.prepare(input, key, depth);
      return prepared.mostBytes(format) > mostBytes ? refusedImage(key, 'TOO_MUCH_MEMORY') : prepared;
    },
  };
}
