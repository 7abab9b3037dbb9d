import type { DatasetObject } from '../contract/manifest.ts';
import { FanfleetError } from '../errors.ts';
import { compareKeys } from './order.ts';

/** Objects of a listing, in pages of any length. */
export type Pages = AsyncIterable<readonly DatasetObject[]> | Iterable<readonly DatasetObject[]>;

/** Most keys that are sorted in memory, which takes about 1.2 GB. */
export const SORT_LIMIT = 2_000_000;

/** Thrown at the first key that comes too late, or again in one tar: the listing must be read again and sorted. */
export class KeyOrderError extends Error {
  override readonly name = 'KeyOrderError';
}

/** `DUPLICATE_KEY`: two tars have an image of the same name. Keys that name the tar tell them apart. */
export class RepeatedNameError extends FanfleetError {
  /** The name, and where it is. */
  readonly example: string;

  constructor(first: DatasetObject, second: DatasetObject) {
    super(
      'DUPLICATE_KEY',
      `${twice(first, second)}: take one away or rename it, or let the keys name the shard by \`shardKeys\` "path" (--shard-keys path).`,
      { source: 'user' },
    );
    this.example = `${first.key} in ${first.shard?.key} and ${second.shard?.key}`;
  }
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
      if (last !== null && order === 0 && !isOfOneTar(last, object)) throw duplicate(last, object);
      if (order <= 0) throw new KeyOrderError(`${object.key} was listed after ${last?.key}`);
      last = object;
    }
    yield page;
  }
}

/**
 * All objects of a listing in memory.
 *
 * @throws FanfleetError `TOO_MANY_UNORDERED_KEYS` beyond `limit`
 */
export async function collect(pages: Pages, limit = SORT_LIMIT): Promise<DatasetObject[]> {
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
  return objects;
}

/**
 * Objects of a listing without order, such as a directory bucket's or that of shuffled shards, sorted by key. Of files
 * of the same name in one tar the last one counts, as it does when tar extracts them.
 *
 * @param objects as they were listed
 * @param onEarlier told of each of the others
 * @throws FanfleetError `DUPLICATE_KEY`, as a `RepeatedNameError` where two tars have the name
 */
export function sortByKey(
  objects: readonly DatasetObject[],
  onEarlier: (object: DatasetObject) => void = () => {},
): DatasetObject[] {
  const sorted: DatasetObject[] = [];
  for (const object of objects.toSorted((a, b) => compareKeys(a.key, b.key))) {
    const last = sorted.at(-1);
    if (last?.key !== object.key) {
      sorted.push(object);
      continue;
    }
    if (!isOfOneTar(last, object)) throw duplicate(last, object);
    // A file that was named twice to GNU tar is a hard link to itself.
    if (last.shard?.offset !== object.shard?.offset) onEarlier(last);
    sorted[sorted.length - 1] = object;
  }
  return sorted;
}

function isOfOneTar(first: DatasetObject, second: DatasetObject): boolean {
  return first.shard !== undefined && first.shard.key === second.shard?.key;
}

function duplicate(first: DatasetObject, second: DatasetObject): FanfleetError {
  if (first.shard !== undefined && second.shard !== undefined) return new RepeatedNameError(first, second);
  if (first.shard === undefined && second.shard === undefined) {
    return new FanfleetError(
      'DUPLICATE_KEY',
      `Expected every key once in the listing but ${first.key} came twice: plan again, and tell the maker of the S3 service if it stays.`,
      { source: 'aws' },
    );
  }
  return new FanfleetError(
    'DUPLICATE_KEY',
    `${twice(first, second)}: choose a prefix that has only one of them; if they are two images, let the keys name the shard by \`shardKeys\` "path" (--shard-keys path).`,
    { source: 'user' },
  );
}

function twice(first: DatasetObject, second: DatasetObject): string {
  return `Expected every image once but ${first.key} is there twice, ${place(first)} and ${place(second)}`;
}

function place({ shard }: DatasetObject): string {
  return shard === undefined ? 'as an object' : `in ${shard.key} at byte ${shard.offset}`;
}
