import { withinMemory } from '../kernel/image-memory.ts';
import type { Decoded, Prepared, RgbPixels } from '../kernel/kernel.ts';
import type { Runner } from '../workloads/workload.ts';

/**
 * Decodes the images of a batch and hands over their pixels; their rows say no more than their sizes.
 *
 * @param take may throw, which ends the batch
 */
export function pixelsRunner(take: (key: string, pixels: RgbPixels) => void): Runner {
  return {
    begin: (wholeKernel, imageBytes) => {
      const kernel = withinMemory(wholeKernel, imageBytes, 'pixels');
      const keys = new WeakMap<Prepared, string>();
      return {
        prepare: (input, key) => {
          const prepared = kernel.prepare(input, key);
          keys.set(prepared, key);
          return prepared;
        },
        workingBytes: ({ pixelsBytes }) => pixelsBytes,
        isGrouped: kernel.pixelsAll !== undefined,
        run: async (images) => {
          const decoded = await (kernel.pixelsAll?.(images) ??
            Promise.all(images.map((image) => image.pixels())));
          return decoded.map((one, index) => handOver(one, keys.get(images[index] as Prepared) ?? ''));
        },
        batchFiles: () => [],
      };
    },
  };

  function handOver({ pixels, failed, ...measured }: Decoded, key: string) {
    if (failed !== undefined) return { ...measured, row: failed, computeMs: 0 };
    take(key, pixels);
    const { width, height } = pixels;
    return { ...measured, row: { key, width, height, channels: 3 as const }, computeMs: 0 };
  }
}
