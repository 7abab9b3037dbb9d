import type { RgbPixels } from '../kernel/kernel.ts';
import { type DecodedImage, decodeBatch } from '../workloads/decode-batch.ts';
import type { Runner } from '../workloads/workload.ts';

/**
 * Decodes the images of a batch and hands over their pixels; their rows say no more than their sizes.
 *
 * @param take may throw, which ends the batch
 */
export function pixelsRunner(take: (key: string, pixels: RgbPixels) => void): Runner {
  return {
    begin: (wholeKernel, imageBytes) => {
      const { decode, ...batch } = decodeBatch(wholeKernel, imageBytes);
      return {
        ...batch,
        isGrouped: wholeKernel.pixelsAll !== undefined,
        run: async (images) => (await decode(images)).map(handOver),
        batchFiles: () => [],
      };
    },
  };

  function handOver({ key, pixels, failed, ...measured }: DecodedImage) {
    if (failed !== undefined) return { ...measured, row: failed, computeMs: 0 };
    take(key, pixels);
    const { width, height } = pixels;
    return { ...measured, row: { key, width, height, channels: 3 as const }, computeMs: 0 };
  }
}
