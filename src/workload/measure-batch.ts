import type { S3Client } from '@aws-sdk/client-s3';
import { ByteBudget } from '../concurrency/byte-budget.ts';
import type { Batch, DatasetObject } from '../dataset/manifest.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Operation } from '../kernel/operation.ts';
import { failedRow, isFailed, type Row } from '../kernel/row.ts';
import { BusyClock } from '../timing/busy-clock.ts';
import { fetchObject } from './fetch-object.ts';

export interface MeasureBatchOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly batch: Batch;
  readonly operation: Operation;
  readonly kernel: Kernel;
  /** Most GETs, and most decodes, at once. */
  readonly fetches: number;
  readonly decodes: number;
  /** Most bytes of encoded images, and of what decoding them takes, in memory at once. */
  readonly encodedBytes: number;
  readonly decodedBytes: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Told what a library said of an image that it could not decode. */
  readonly onFailure?: (key: string, detail: string) => void;
}

/** The rows of a batch in key order, and where the time went, in milliseconds summed over images. */
export interface MeasuredBatch {
  readonly rows: readonly Row[];
  readonly getMs: number;
  readonly decodeMs: number;
  readonly computeMs: number;
  /** Wall time while an image was being decoded or scanned, and while only fetches were under way. */
  readonly processMs: number;
  readonly loadMs: number;
  readonly bytes: number;
  readonly errors: number;
}

/**
 * Measure every image of a batch. Fetching runs ahead of decoding as far as the byte budgets let it, so that the
 * network and the cores work at the same time and memory does not depend on the size of the images.
 *
 * @throws FanfleetError when S3 fails for other reasons than a missing or changed object; the batch is then undone
 */
export async function measureBatch(options: MeasureBatchOptions): Promise<MeasuredBatch> {
  const { batch, kernel, now } = options;
  const encoded = new ByteBudget(options.encodedBytes);
  const decoded = new ByteBudget(options.decodedBytes);
  const fetching = new ByteBudget(options.fetches);
  const decoding = new ByteBudget(options.decodes);
  const abort = new AbortController();
  const started = now();
  const processing = new BusyClock(now);
  const total = { getMs: 0, decodeMs: 0, computeMs: 0, bytes: 0 };

  const get = async (object: DatasetObject) => {
    abort.signal.throwIfAborted();
    const started = now();
    const fetched = await fetchObject(options.s3, options.bucket, object, abort.signal);
    total.getMs += now() - started;
    return fetched;
  };

  const measure = async (object: DatasetObject): Promise<Row> => {
    const fetched = await fetching.with(1, () => get(object));
    if ('failure' in fetched) return failedRow(object.key, fetched.failure);
    total.bytes += fetched.bytes.length;
    const prepared = kernel.prepare(fetched.bytes, object.key);
    const measured = await decoding.with(1, () =>
      decoded.with(prepared.workingBytes, () => {
        abort.signal.throwIfAborted();
        return processing.during(() => prepared.measure(options.operation));
      }),
    );
    total.decodeMs += measured.decodeMs;
    total.computeMs += measured.computeMs;
    if (measured.detail !== undefined) options.onFailure?.(object.key, measured.detail);
    return measured.row;
  };

  try {
    const rows = await Promise.all(
      batch.objects.map((object) => encoded.with(object.size, () => measure(object))),
    );
    const processMs = processing.busyMs;
    const loadMs = now() - started - processMs;
    return { rows, ...total, processMs, loadMs, errors: rows.filter(isFailed).length };
  } catch (error) {
    abort.abort();
    throw error;
  }
}
