import type { FailedRow } from '../contract/row.ts';
import type { RgbPixels } from '../kernel/kernel.ts';
import { type DecodedImage, decodeBatch } from './decode-batch.ts';
import type { Runner } from './workload.ts';

/**
 * Decodes the images of a batch and hands over their pixels; their rows say no more than their sizes.
 *
 * @param take gives the row of an image that is of no use, and nothing for others; it may throw, which ends the batch
 */
export function pixelsRunner(take: (key: string, pixels: RgbPixels) => FailedRow | undefined): Runner {
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
    const refused = failed ?? take(key, pixels);
    if (refused !== undefined) return { ...measured, row: refused, computeMs: 0 };
    const { width, height } = pixels as RgbPixels;
    return { ...measured, row: { key, width, height, channels: 3 as const }, computeMs: 0 };
  }
}
