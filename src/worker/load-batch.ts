import { failedRow, isFailed } from '../contract/row.ts';
import { pixelsRunner } from '../workloads/pixels-runner.ts';
import type { Loaded, StagedRunner } from '../workloads/workload.ts';
import { type BatchDone, type RunBatchOptions, runBatch } from './run-batch.ts';

export type LoadOptions = Omit<RunBatchOptions, 'runner' | 'inputs' | 'write'>;

/**
 * Read and decode the images of a batch, all of one size; one that has another is a row with `SIZE_DIFFERS`.
 *
 * @throws FanfleetError as `runBatch` does
 */
export async function loadBatch(
  options: LoadOptions,
  { width, height }: ReturnType<StagedRunner['size']>,
): Promise<{ readonly loaded: Loaded; readonly done: BatchDone }> {
  const length = width * height * 3;
  const { objects } = options.batch;
  const places = new Map(objects.map(({ key }, index) => [key, index]));
  const pixels = Buffer.allocUnsafe(objects.length * length);
  const runner = pixelsRunner((key, image) => {
    if (image.width !== width || image.height !== height) return failedRow(key, 'SIZE_DIFFERS');
    // A copy: those of small images are parts of a buffer that would be kept as a whole.
    pixels.set(image.data, (places.get(key) ?? 0) * length);
    return undefined;
  });
  const done = await runBatch({ ...options, runner });
  return { loaded: { rows: done.rows, pixels: withoutFailed(pixels, length, done.rows) }, done };
}

/** The pixels without the places of images that failed; without those, the very buffer. */
function withoutFailed(pixels: Buffer, length: number, rows: Loaded['rows']): Buffer {
  const found = rows.flatMap((row, index) =>
    isFailed(row) ? [] : [pixels.subarray(index * length, (index + 1) * length)],
  );
  return found.length === rows.length ? pixels : Buffer.concat(found);
}
