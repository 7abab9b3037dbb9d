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
  let last: string | null = null;
  for await (const page of pages) {
    for (const { key } of page) {
      const order: number = last === null ? 1 : compareKeys(key, last);
      if (order === 0) throw duplicate(key);
      if (order < 0) throw new KeyOrderError(`${key} was listed after ${last}`);
      last = key;
    }
    yield page;
  }
}

/**
 * All objects of a listing without order, such as a directory bucket's, sorted by key in memory.
 *
 * @throws FanfleetError `TOO_MANY_UNORDERED_KEYS` beyond `limit`, `DUPLICATE_KEY`
 */
export async function sortByKey(pages: Pages, limit = SORT_LIMIT): Promise<DatasetObject[]> {
  const objects: DatasetObject[] = [];
  for await (const page of pages) {
    if (objects.length + page.length > limit) {
      throw new FanfleetError(
        'TOO_MANY_UNORDERED_KEYS',
        `Expected at most ${limit} images in a bucket that lists its keys without order (they are sorted in memory) but there are more: use a narrower prefix, or a general purpose bucket.`,
        { source: 'user' },
      );
    }
    for (const object of page) objects.push(object);
  }
  objects.sort((a, b) => compareKeys(a.key, b.key));
  let last: string | null = null;
  for (const { key } of objects) {
    if (key === last) throw duplicate(key);
    last = key;
  }
  return objects;
}

function duplicate(key: string): FanfleetError {
  return new FanfleetError(
    'DUPLICATE_KEY',
    `Expected every key once in the listing but ${key} came twice: plan again, and tell the maker of the S3 service if it stays.`,
    { source: 'aws' },
  );
}
