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
  // Of its own, so that it takes as much memory as it says.
  const pixels = Buffer.allocUnsafeSlow(objects.length * length);
  const runner = pixelsRunner((key, image) => {
    if (image.width !== width || image.height !== height) return failedRow(key, 'SIZE_DIFFERS');
    // A copy: those of small images are parts of a buffer that would be kept as a whole.
    pixels.set(image.data, (places.get(key) ?? 0) * length);
    return undefined;
  });
  const done = await runBatch({ ...options, runner });
  return { loaded: { rows: done.rows, pixels: withoutFailed(pixels, length, done.rows) }, done };
}

/**
 * The pixels without the places of images that failed. Others move up to these, since a copy would take the memory of a batch once more;
 * where few are left they are copied, and the memory of all is given back, of which no more than theirs was ever touched.
 */
function withoutFailed(pixels: Buffer, length: number, rows: Loaded['rows']): Buffer {
  let count = 0;
  for (const [index, row] of rows.entries()) {
    if (isFailed(row)) continue;
    if (count < index) pixels.copyWithin(count * length, index * length, (index + 1) * length);
    count += 1;
  }
  const found = pixels.subarray(0, count * length);
  if (count >= rows.length / 2) return found;
  const copy = Buffer.allocUnsafeSlow(found.length);
  found.copy(copy);
  return copy;
}
