import type { DatasetObject } from '../dataset/manifest.ts';
import { compareKeys } from '../dataset/order.ts';
import { FanfleetError } from '../errors.ts';
import type { Pages } from './cut.ts';

/** Most keys that are sorted in memory, which takes about 1.2 GB. */
export const SORT_LIMIT = 2_000_000;

/** Thrown by `inKeyOrder` at the first key that comes too late: the listing must be read again and sorted. */
export class KeyOrderError extends Error {
  override readonly name = 'KeyOrderError';
}

/**
 * The pages as they are, if every key comes after the one before it, as general purpose buckets list them.
 *
 * @throws KeyOrderError for a key out of order; FanfleetError `DUPLICATE_KEY`
 */
export async function* inKeyOrder(pages: Pages): AsyncGenerator<readonly DatasetObject[]> {
  let last: DatasetObject | null = null;
  for await (const page of pages) {
    for (const object of page) {
      const order: number = last === null ? 1 : compareKeys(object.key, last.key);
      if (last !== null && order === 0) throw duplicate(last, object);
      if (order < 0) throw new KeyOrderError(`${object.key} was listed after ${last?.key}`);
      last = object;
    }
    yield page;
  }
}

/**
 * All objects of a listing without order, such as a directory bucket's or that of shuffled shards, sorted by key in
 * memory.
 *
 * @throws FanfleetError `TOO_MANY_UNORDERED_KEYS` beyond `limit`, `DUPLICATE_KEY`
 */
export async function sortByKey(pages: Pages, limit = SORT_LIMIT): Promise<DatasetObject[]> {
  const objects: DatasetObject[] = [];
  for await (const page of pages) {
    if (objects.length + page.length > limit) {
      throw new FanfleetError(
        'TOO_MANY_UNORDERED_KEYS',
        `Expected at most ${limit} images where keys come without order (they are sorted in memory) but there are more: use a narrower prefix, a general purpose bucket, or shards whose names are in order.`,
        { source: 'user' },
      );
    }
    for (const object of page) objects.push(object);
  }
  objects.sort((a, b) => compareKeys(a.key, b.key));
  let last: DatasetObject | null = null;
  for (const object of objects) {
    if (object.key === last?.key) throw duplicate(last, object);
    last = object;
  }
  return objects;
}

function duplicate(first: DatasetObject, second: DatasetObject): FanfleetError {
  if (first.shard === undefined && second.shard === undefined) {
    return new FanfleetError(
      'DUPLICATE_KEY',
      `Expected every key once in the listing but ${first.key} came twice: plan again, and tell the maker of the S3 service if it stays.`,
      { source: 'aws' },
    );
  }
  return new FanfleetError(
    'DUPLICATE_KEY',
    `Expected every image once but ${first.key} is there twice, ${place(first)} and ${place(second)}: take one away, or rename it.`,
    { source: 'user' },
  );
}

function place({ shard }: DatasetObject): string {
  return shard === undefined ? 'as an object' : `in ${shard.key} at byte ${shard.offset}`;
}
