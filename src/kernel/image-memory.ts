import type { TensorRecipe } from '../contract/tensor.ts';
import type { Still } from './formats/still.ts';
import type { Kernel, Product } from './kernel.ts';
import { refusedImage } from './prepared.ts';
import { tensorBytes } from './tensor-plan.ts';

/**
 * What is added for each pixel of the image: by normalising the stretched pixels, and the file while it is made; by pixels
 * that are asked for nothing but these.
 */
const OUTPUT_BYTES: Readonly<Record<Exclude<Product, TensorRecipe>, number>> = {
  png: 9,
  jpeg: 9,
  npy: 15,
  pixels: 3,
};

/** Tables, what allocators keep, and the parts of an image that are worked on. */
const FIXED_BYTES = 24 * 1024 * 1024;

/**
 * Bytes of memory that an image takes in the kernel that takes most: known from its header, before it is decoded. With
 * the limit of a run it decides whether the image is refused, so it is the same function as `image_bytes` of
 * ec2-workers/fanfleet/image_memory.py. The file counts twice, since a decoder may need it in one piece.
 *
 * @param inputBytes of the file
 * @param product what is made of it beside its row
 */
export function imageBytes(still: Still, inputBytes: number, product?: Product): number {
  const { width, height, frameWidth, frameHeight, perPixel } = still;
  const output =
    product === undefined
      ? 0
      : typeof product === 'object'
        ? tensorBytes(product, still)
        : OUTPUT_BYTES[product] * width * height;
  return FIXED_BYTES + 2 * inputBytes + perPixel * frameWidth * frameHeight + output;
}

/** Whether no image in a file of so many bytes can be done in so much memory: then it need not be read. */
export function isFileTooLarge(fileBytes: number, mostBytes: number): boolean {
  return FIXED_BYTES + 2 * fileBytes > mostBytes;
}

/**
 * The kernel, which gives a row with TOO_MUCH_MEMORY for an image that would take more than `mostBytes`.
 *
 * @param product what is made of the images beside their rows
 */
export function withinMemory(kernel: Kernel, mostBytes: number, product?: Product): Kernel {
  return {
    ...kernel,
    prepare(input, key, depth) {
      const prepared = kernel.prepare(input, key, depth);
      return prepared.mostBytes(product) > mostBytes ? refusedImage(key, 'TOO_MUCH_MEMORY') : prepared;
    },
  };
}

/**
 * Bytes that sharp takes for an image: the most per pixel over all formats, at 4000 x 3000 (libvips 8.18).
 *
 * @param deep whether it is to give 16 bits a sample, where there are so many
 */
export function sharpBytes(
  { frameWidth, frameHeight, grey, streamed, deep: colours }: Still,
  deep = false,
): number {
  const bytesPerPixel = streamed ? (grey ? 2 : 5) : 13;
  return frameWidth * frameHeight * bytesPerPixel * (deep && colours !== undefined ? 2 : 1);
}
