import type { Batch, DatasetObject } from '../contract/manifest.ts';
import type { Pages } from '../dataset/key-order.ts';
import { FanfleetError } from '../errors.ts';
import { partition } from './partition.ts';

/** Most bytes of a batch as JSON: it has to fit into a state (`STEP_FUNCTIONS_LIMITS.stateBytes`), and the rest of that needs room. */
export const MAX_BATCH_JSON_BYTES = 204_800;

/**
 * What an object weighs beside its bytes, so that many tiny objects are not taken for little work: one GET costs
 * about as much CPU (0.4-0.7 ms) as decoding 64 KiB of JPEG.
 */
export const OBJECT_WEIGHT = 65_536;

/** The same of an image in a shard: hundreds share a GET, and a header to read and a row to write remain (0.02 ms). */
export const MEMBER_WEIGHT = 4_096;

/** Most bytes of images in a batch, unless a single image has more: a few seconds of work. */
export const TARGET_BYTES = 64 * 1024 * 1024;

/** Objects that are cut together. Up to two windows are held, so that no short one is left at the end. */
const WINDOW = 10_000;

/** `{"batch":,"bytes":,"objects":[]}` and two integers of up to 16 digits. */
const FRAME_JSON_BYTES = 64;

export type CutOptions = {
  /** Most objects in a batch. */
  readonly batchSize: number;
  /** At least so many batches, as far as there are objects: what keeps all workers busy on a small set. @default 1 */
  readonly minBatches?: number | undefined;
  /** Most bytes of images in a batch; a larger image is a batch of its own. @default 64 MiB */
  readonly targetBytes?: number | undefined;
};

/**
 * Cut objects that come in key order into batches: consecutive runs, numbered from 0.
 *
 * A batch has at most `batchSize` objects and `MAX_BATCH_JSON_BYTES` of JSON. Within a window of 10,000-20,000
 * objects the batches are as many as the caps need, and cut so that the heaviest (bytes + `OBJECT_WEIGHT` or `MEMBER_WEIGHT` per object)
 * is as light as it can be. No more than 20,000 objects and one page are held.
 */
export async function* cutBatches(pages: Pages, options: CutOptions): AsyncGenerator<Batch> {
  let held: DatasetObject[] = [];
  let next = 0;
  const emit = function* (objects: readonly DatasetObject[], minBatches: number): Generator<Batch> {
    for (const batch of cutWindow(objects, { ...options, minBatches })) {
      yield { batch: next, bytes: totalBytes(batch), objects: batch };
      next += 1;
    }
  };
  for await (const page of pages) {
    for (const object of page) {
      held.push(object);
      if (held.length < 2 * WINDOW) continue;
      // At least as much is still to come, so half of the batches that are still wanted is a fair share.
      yield* emit(held.slice(0, WINDOW), Math.ceil(((options.minBatches ?? 1) - next) / 2));
      held = held.slice(WINDOW);
    }
  }
  yield* emit(held, (options.minBatches ?? 1) - next);
}

/** Cut one window: the objects of each batch. */
function cutWindow(
  objects: readonly DatasetObject[],
  { batchSize, minBatches = 1, targetBytes = TARGET_BYTES }: CutOptions,
): DatasetObject[][] {
  const weights = Float64Array.from(objects, weightOf);
  // As many batches as the caps need, which `partition` finds itself, or as are wanted.
  const pieces = partition({
    weights,
    capEnds: capEnds(objects, batchSize, targetBytes),
    pieces: minBatches,
  });
  return pieces.map(({ start, end }) => objects.slice(start, end));
}

function weightOf({ size, shard }: DatasetObject): number {
  return size + (shard === undefined ? OBJECT_WEIGHT : MEMBER_WEIGHT);
}

/** For each object the furthest end of a batch that starts with it, by count, bytes and size as JSON. */
function capEnds(objects: readonly DatasetObject[], batchSize: number, targetBytes: number): Uint32Array {
  const ends = new Uint32Array(objects.length);
  const json = objects.map(entryJsonBytes);
  let end = 0;
  let jsonBytes = FRAME_JSON_BYTES;
  let bytes = 0;
  for (let start = 0; start < objects.length; start += 1) {
    for (; end < objects.length; end += 1) {
      const size = objects[end]?.size ?? 0;
      const fits =
        end - start < batchSize &&
        jsonBytes + (json[end] ?? 0) <= MAX_BATCH_JSON_BYTES &&
        (bytes + size <= targetBytes || end === start);
      if (!fits) break;
      jsonBytes += json[end] ?? 0;
      bytes += size;
    }
    ends[start] = end;
    jsonBytes -= json[start] ?? 0;
    bytes -= objects[start]?.size ?? 0;
  }
  return ends;
}

/** Bytes of an object in a manifest, with a comma. S3 keys have at most 1,024 bytes, so it is far below the cap. */
function entryJsonBytes(object: DatasetObject): number {
  const bytes = Buffer.byteLength(JSON.stringify(object)) + 1;
  if (bytes + FRAME_JSON_BYTES > MAX_BATCH_JSON_BYTES) {
    throw new FanfleetError(
      'OBJECT_TOO_LONG',
      `Expected a key of at most 1,024 bytes but ${object.key.slice(0, 80)}… has ${Buffer.byteLength(object.key)}.`,
      { source: 'aws' },
    );
  }
  return bytes;
}

function totalBytes(objects: readonly DatasetObject[]): number {
  let total = 0;
  for (const { size } of objects) total += size;
  return total;
}
