import { withinMemory } from '../kernel/image-memory.ts';
import type { Decoded, Kernel, Prepared } from '../kernel/kernel.ts';
import type { BatchRunner } from './workload.ts';

/** What became of an image whose pixels were asked for, with its key. */
export type DecodedImage = Decoded & { readonly key: string };

/** How the images of a batch come to pixels: for runners that compute on these. */
export function decodeBatch(wholeKernel: Kernel, imageBytes: number) {
  const kernel = withinMemory(wholeKernel, imageBytes, 'pixels');
  const keys = new WeakMap<Prepared, string>();
  return {
    prepare: (input, key) => {
      const prepared = kernel.prepare(input, key);
      keys.set(prepared, key);
      return prepared;
    },
    workingBytes: ({ pixelsBytes }) => pixelsBytes,
    decode: async (images: readonly Prepared[]): Promise<DecodedImage[]> => {
      const decoded = await (kernel.pixelsAll?.(images) ??
        Promise.all(images.map((image) => image.pixels())));
      return decoded.map((one, index) => ({ ...one, key: keys.get(images[index] as Prepared) ?? '' }));
    },
  } satisfies Pick<BatchRunner, 'prepare' | 'workingBytes'> & Record<'decode', unknown>;
}
