import type { DatasetObject } from '../contract/manifest.ts';
import {
  collect,
  inKeyOrder,
  KeyOrderError,
  type Pages,
  RepeatedNameError,
  SORT_LIMIT,
  sortByKey,
} from '../dataset/key-order.ts';
import { type ListingTally, newTally } from '../dataset/list-images.ts';
import { type ShardKeys, withPath, withPaths } from '../dataset/shards/shard-keys.ts';
import { FanfleetError } from '../errors.ts';

/** List the images, and count up what was seen. */
type List = (tally: ListingTally) => Pages;
/** Take images in key order; called again where those of the first time turned out to be wrong. */
type Write<Written> = (pages: Pages) => Promise<Written>;

export type OrderedListing<Written> = {
  readonly written: Written;
  /** Of the last listing; requests and time are those of all. */
  readonly tally: ListingTally;
  readonly shardKeys: Exclude<ShardKeys, 'auto'>;
};

/**
 * Write a listing in key order: as it comes where that is in order, else sorted in memory. With `shardKeys` `auto` the
 * keys name the shards where names alone will not do: two shards have the same one, or too many come without order.
 *
 * @param sortLimit most images that are sorted
 * @throws FanfleetError `DUPLICATE_KEY`, `TOO_MANY_UNORDERED_KEYS`, and what `list` and `write` throw
 */
export async function writeInOrder<Written>(
  list: List,
  write: Write<Written>,
  shardKeys: ShardKeys,
  sortLimit = SORT_LIMIT,
): Promise<OrderedListing<Written>> {
  const listing = new Relisting(list, sortLimit);
  if (shardKeys === 'path') return byPath(listing, write);
  try {
    return { written: await byName(listing, write), tally: listing.tally, shardKeys: 'member' };
  } catch (reason) {
    const why = shardKeys === 'auto' && listing.tally.shards > 0 ? whyByPath(reason) : null;
    if (why === null) throw reason;
    const result = await byPath(listing, write);
    result.tally.notes.add('KEYS_NAME_SHARDS', why);
    return result;
  }
}

async function byName<Written>(listing: Relisting, write: Write<Written>): Promise<Written> {
  try {
    return await write(inKeyOrder(listing.pages()));
  } catch (reason) {
    if (!(reason instanceof KeyOrderError)) throw reason;
    return write([listing.sorted(await listing.collect())]);
  }
}

async function byPath<Written>(listing: Relisting, write: Write<Written>): Promise<OrderedListing<Written>> {
  const writeSorted = (objects: readonly DatasetObject[]) => write([listing.sorted(objects.map(withPath))]);
  const writeAll = async () => {
    if (listing.collected !== undefined) return writeSorted(listing.collected);
    try {
      return await write(inKeyOrder(withPaths(listing.pages())));
    } catch (reason) {
      if (!(reason instanceof KeyOrderError)) throw reason;
      return writeSorted(await listing.collect());
    }
  };
  return { written: await writeAll(), tally: listing.tally, shardKeys: 'path' };
}

/** What the keys have to name shards for, if that helps. */
function whyByPath(reason: unknown): string | null {
  if (reason instanceof RepeatedNameError) return reason.example;
  const isTooMany = reason instanceof FanfleetError && reason.code === 'TOO_MANY_UNORDERED_KEYS';
  return isTooMany ? 'too many names without order' : null;
}

/** A listing that can be made again. */
class Relisting {
  readonly #list: List;
  readonly #sortLimit: number;
  tally = newTally();
  /** All that was listed, once it is in memory. */
  collected: readonly DatasetObject[] | undefined;

  constructor(list: List, sortLimit: number) {
    this.#list = list;
    this.#sortLimit = sortLimit;
  }

  pages(): Pages {
    const { listMs, lists, gets } = this.tally;
    this.tally = { ...newTally(), listMs, lists, gets };
    return this.#list(this.tally);
  }

  async collect(): Promise<readonly DatasetObject[]> {
    this.collected = await collect(this.pages(), this.#sortLimit);
    return this.collected;
  }

  /** Sort, and note which files of tars have later ones. */
  sorted(objects: readonly DatasetObject[]): DatasetObject[] {
    const earlier: DatasetObject[] = [];
    const sorted = sortByKey(objects, (object) => earlier.push(object));
    this.tally.storage.withdraw(earlier);
    for (const { key, shard } of earlier) this.tally.notes.add('EARLIER_VERSIONS', `${key} in ${shard?.key}`);
    return sorted;
  }
}
