import type { DatasetObject } from '../contract/manifest.ts';
import { type FailedRow, isFailed } from '../contract/row.ts';
import { type RunBatchOptions, runBatch } from '../worker/run-batch.ts';
import { pixelsRunner } from '../workloads/pixels-runner.ts';

export type DecodeOptions = Omit<RunBatchOptions, 'batch' | 'runner' | 'inputs' | 'write'>;

/** An image by its key and its size in pixels. */
export interface Sized {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

/** With R, G and B of every pixel, row by row. */
export interface ImagePixels extends Sized {
  readonly data: Uint8Array;
}

/**
 * Read and decode images: those that can be, in their order, and why the others cannot.
 *
 * @param take called with each that was decoded, in any order; its pixels are given unless it says false. What it throws ends all
 * @throws as `runBatch` does
 */
export async function decodeImages(
  objects: readonly DatasetObject[],
  options: DecodeOptions,
  take: (image: ImagePixels) => boolean,
): Promise<{
  readonly decoded: readonly (Sized & { readonly data: Uint8Array | null })[];
  readonly failed: readonly FailedRow[];
}> {
  const pixels = new Map<string, Uint8Array>();
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  const runner = pixelsRunner((key, { data, width, height }) => {
    if (take({ key, width, height, data })) pixels.set(key, data);
  });
  const { rows } = await runBatch({
    ...options,
    batch: { batch: 0, bytes, objects: [...objects] },
    runner,
  });
  const decoded = rows.flatMap((row) => {
    if (isFailed(row)) return [];
    const { key, width, height } = row;
    return [{ key, width, height, data: pixels.get(key) ?? null }];
  });
  return { decoded, failed: rows.filter(isFailed) };
}
