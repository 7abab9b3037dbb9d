import { MAX_BATCH_JSON_BYTES, TARGET_BYTES } from './cut.ts';

/** Bytes of an image in a manifest: key, size, ETag and the names of the fields. */
export const MANIFEST_BYTES_PER_IMAGE = 150;

/** So many batches per worker that runs at once, so that a slow one does not hold up the rest. */
const BATCHES_PER_WORKER = 4;
/** Beyond this a batch per image would cost more in requests than it gains in spread. */
const MOST_MIN_BATCHES = 200;

interface Parallelism {
  /** Of the fleet. */
  readonly workers: number;
  /** Most functions at once. */
  readonly concurrency: number;
}

/** As many batches as keep all workers of both arms busy on a small set. */
export function minBatchesFor({ workers, concurrency }: Parallelism): number {
  return Math.min(MOST_MIN_BATCHES, BATCHES_PER_WORKER * Math.max(workers, concurrency));
}

interface ItemSet extends Parallelism {
  readonly items: number;
  /** Mean size of an object. */
  readonly bytesPerItem: number;
  /** Most items in a batch. */
  readonly batchSize: number;
}

/** How many batches `cut` makes of so many items, as if all had the mean size. */
export function expectedBatches(set: ItemSet): number {
  const byBytes = Math.floor(TARGET_BYTES / Math.max(1, set.bytesPerItem));
  const byJson = Math.floor(MAX_BATCH_JSON_BYTES / MANIFEST_BYTES_PER_IMAGE);
  const perBatch = Math.max(1, Math.min(set.batchSize, byBytes, byJson));
  return Math.max(Math.ceil(set.items / perBatch), Math.min(set.items, minBatchesFor(set)));
}
