import { GetObjectCommand } from '@aws-sdk/client-s3';
import { sdkObjectError } from '../aws/sdk-object-error.ts';
import { concatAhead } from '../concurrency/concat-ahead.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { DatasetObject } from '../contract/manifest.ts';
import { IMAGE_ERRORS, isAccessRefusal } from '../contract/row.ts';
import { FanfleetError } from '../errors.ts';
import { plural } from '../format.ts';
import {
  hasImageSuffix,
  IMAGE_SUFFIXES,
  type ImageFilter,
  SNIFF_BYTES,
  sniffContentType,
} from './image-type.ts';
import { LeftOutCount, leftOutText } from './left-out.ts';
import { NoteLog } from './notes.ts';
import { type ListingOptions, listPages, toListingError } from './s3-listing.ts';
import { isCompressedShard } from './shards/compression.ts';
import { isShard, isShardIndex } from './shards/shard-index.ts';
import { StorageTally } from './storage-tally.ts';

/** Ranged GETs at once where content decides. */
const SNIFF_CONCURRENCY = 16;
/** Shards that are read at once. */
const SHARDS_AHEAD = 8;

export type ListImagesOptions = ListingOptions & {
  /**
   * `suffix`: keys with an image suffix, at no cost. `content`: also keys without one whose first 16 bytes are an
   * image's, at one GET for each of them. `all`: every key, and nothing is taken for a shard.
   * @default 'suffix'
   */
  readonly filter?: ImageFilter | undefined;
  /**
   * The files in a tar, and at the end the tar itself if it is refused; the filter holds for them as for objects of
   * their own. Faults and remarks are told to the tally.
   * @default tars are other objects
   */
  readonly openShard?:
    | ((tar: DatasetObject, tally: ListingTally) => AsyncGenerator<DatasetObject[]>)
    | undefined;
  /**
   * Objects that are images whatever the filter says, while no others are: those that a file names.
   * @default the filter says
   */
  readonly named?:
    | {
        readonly has: (object: DatasetObject) => boolean;
        readonly sorted: readonly string[];
        readonly where: string;
      }
    | undefined;
  /** Milliseconds, for `listMs`. */
  readonly clock: () => number;
};

/** What a listing has seen so far; `listImages` counts it up. */
export type ListingTally = {
  /** Keys under the prefix, and those of them that are folders. */
  seen: number;
  folders: number;
  /** Tars that were opened, and the files in them. */
  shards: number;
  members: number;
  images: number;
  /** Of the images, those that are refused; of these, those that no right would help, tars that are damaged included. */
  refused: number;
  unreadable: number;
  firstUnreadable: DatasetObject | null;
  /** Keys, but for folders, and files in shards that are no images; shards and their indexes do not count. */
  readonly leftOut: LeftOutCount;
  readonly notes: NoteLog;
  /** Why the first tar that could not be read could not. */
  firstFault: FanfleetError | null;
  /** Requests to S3: pages; and GETs of first bytes and of indexes of shards, walks through tars left out. */
  lists: number;
  gets: number;
  /** The images by storage class. */
  readonly storage: StorageTally;
  /** Time spent waiting for the listing and for what is in shards. */
  listMs: number;
};

export function newTally(): ListingTally {
  return {
    seen: 0,
    folders: 0,
    shards: 0,
    members: 0,
    images: 0,
    refused: 0,
    unreadable: 0,
    firstUnreadable: null,
    leftOut: new LeftOutCount(),
    notes: new NoteLog(),
    firstFault: null,
    lists: 0,
    gets: 0,
    storage: new StorageTally(),
    listMs: 0,
  };
}

/**
 * The images under a prefix, a page at a time and in the order of the listing, those in a tar in the place of the tar;
 * pages without images are left out. Folder keys (they end in `/`) are never images.
 *
 * @throws FanfleetError at the end of the listing: `PREFIX_EMPTY` if it had no objects, `NO_IMAGES` if none was an
 * image, the code of an image's error if all have one already; and whatever `listPages` and `openShard` throw.
 */
export async function* listImages(
  options: ListImagesOptions,
  tally: ListingTally,
): AsyncGenerator<DatasetObject[]> {
  const { clock } = options;
  let asked = clock();
  for await (const images of imagePages(options, tally)) {
    tally.listMs += clock() - asked;
    tally.images += images.length;
    tally.storage.images(images);
    countRefused(images, tally);
    if (images.length > 0) yield images;
    asked = clock();
  }
  tally.listMs += clock() - asked;
  if (tally.images === 0) throw nothingFound(options, tally);
  if (tally.refused === tally.images && tally.unreadable > 0) throw nothingReadable(options, tally);
}

function countRefused(images: readonly DatasetObject[], tally: ListingTally): void {
  for (const image of images) {
    if (image.refused === undefined) continue;
    tally.refused += 1;
    if (isAccessRefusal(image.refused)) continue;
    tally.unreadable += 1;
    tally.firstUnreadable ??= image;
  }
}

async function* imagePages(options: ListImagesOptions, tally: ListingTally): AsyncGenerator<DatasetObject[]> {
  for await (const page of listPages(options)) {
    tally.lists += 1;
    tally.storage.page(page);
    const objects = page
      .filter(({ key }) => !key.endsWith('/'))
      .map(({ storageClass: _, ...object }) => object);
    tally.seen += page.length;
    tally.folders += page.length - objects.length;
    const parts = runs(objects, (object) => opens(object, options));
    yield* concatAhead(
      parts.map((part) => partPages(part, options, tally)),
      SHARDS_AHEAD,
    );
  }
}

/** Whether an object is a tar whose files are wanted. */
function opens({ key }: DatasetObject, { filter, openShard }: ListImagesOptions): boolean {
  return filter !== 'all' && openShard !== undefined && isShard(key);
}

/** Each object that stands alone by itself, and those between them together. */
function runs(
  objects: readonly DatasetObject[],
  alone: (object: DatasetObject) => boolean,
): (DatasetObject | DatasetObject[])[] {
  const parts: (DatasetObject | DatasetObject[])[] = [];
  for (const object of objects) {
    const last = parts.at(-1);
    if (alone(object)) parts.push(object);
    else if (Array.isArray(last)) last.push(object);
    else parts.push([object]);
  }
  return parts;
}

async function* partPages(
  part: DatasetObject | DatasetObject[],
  options: ListImagesOptions,
  tally: ListingTally,
): AsyncGenerator<DatasetObject[]> {
  if (Array.isArray(part)) {
    yield await onlyImages(part, options, tally);
    return;
  }
  tally.shards += 1;
  tally.gets += 1;
  tally.storage.listingGets([part]);
  for await (const page of options.openShard?.(part, tally) ?? []) {
    const members = page.filter(({ shard }) => shard !== undefined);
    tally.members += members.length;
    yield [...(await onlyImages(members, options, tally)), ...page.filter(isRefusedTar)];
  }
}

function isRefusedTar({ shard, refused }: DatasetObject): boolean {
  return shard === undefined && refused !== undefined;
}

async function onlyImages(
  objects: readonly DatasetObject[],
  options: ListImagesOptions,
  tally: ListingTally,
): Promise<DatasetObject[]> {
  const { named } = options;
  if (named !== undefined) return objects.filter((object) => named.has(object));
  if (options.filter === 'all') return [...objects];
  const others = objects.filter(({ key }) => !hasImageSuffix(key));
  const images =
    options.filter === 'content'
      ? await sniffImages(others, options, tally)
      : new Map<DatasetObject, DatasetObject>();
  for (const object of others) {
    if (images.has(object)) continue;
    if (!isShardIndex(object.key)) tally.leftOut.add(object.key);
    if (object.shard === undefined && isCompressedShard(object.key)) {
      tally.notes.add('SHARDS_COMPRESSED', object.key);
    }
  }
  return objects.flatMap((object) => (hasImageSuffix(object.key) ? object : (images.get(object) ?? [])));
}

/** Those whose first bytes are an image's; and those whose bytes S3 refuses, since they may be: refused, with a row each. */
async function sniffImages(
  objects: readonly DatasetObject[],
  { s3, bucket, prefix, signal }: ListingOptions,
  tally: ListingTally,
): Promise<Map<DatasetObject, DatasetObject>> {
  const images = new Map<DatasetObject, DatasetObject>();
  const filled = objects.filter(({ size }) => size > 0);
  tally.gets += filled.length;
  tally.storage.listingGets(filled);
  await forEachConcurrent(
    filled,
    SNIFF_CONCURRENCY,
    async (object) => {
      const { key, offset } = object.shard ?? { key: object.key, offset: 0 };
      const last = offset + Math.min(SNIFF_BYTES, object.size) - 1;
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${offset}-${last}` }),
          signal === undefined ? {} : { abortSignal: signal },
        );
        const start = await Body?.transformToByteArray();
        if (start !== undefined && sniffContentType(start) !== null) images.set(object, object);
      } catch (reason) {
        signal?.throwIfAborted();
        const refused = sdkObjectError(reason);
        if (refused === undefined) throw toListingError(reason, bucket, prefix);
        // Deleted since it was listed: it is no image any more.
        if (refused !== 'OBJECT_MISSING') images.set(object, { ...object, size: 0, refused });
      }
    },
    signal,
  );
  return images;
}

function nothingFound(
  { bucket, prefix, filter, named }: ListImagesOptions,
  tally: ListingTally,
): FanfleetError {
  const where = `s3://${bucket}/${prefix}`;
  const objects = tally.seen - tally.folders;
  const found =
    tally.shards === 0
      ? `the ${objects} objects there have`
      : `the ${objects} objects there, with the ${tally.members} files in ${tally.shards} of them, have`;
  if (objects === 0) {
    const folders =
      tally.folders === 0 ? '' : ` but ${tally.folders} empty folder${tally.folders === 1 ? '' : 's'}`;
    return new FanfleetError(
      'PREFIX_EMPTY',
      `Expected images under ${where} but there is nothing${folders}: correct the prefix, or put images there.`,
      { source: 'user' },
    );
  }
  if (named !== undefined) {
    const [first = ''] = named.sorted;
    return new FanfleetError(
      'NO_IMAGES',
      `Expected objects under ${where} with the ${plural(named.sorted.length, 'key')} of ${named.where} but there is none, first ${first}: correct the keys, or put the images there.`,
      { source: 'user' },
    );
  }
  const suffixes = leftOutText(tally.leftOut.list());
  const hint = filter === 'content' ? '' : ', or use the filter `content` if the images have no suffix';
  return new FanfleetError(
    'NO_IMAGES',
    `Expected images (${IMAGE_SUFFIXES.join(' ')}) under ${where} but ${found} ${suffixes || 'none'}: correct the prefix${hint}.`,
    { source: 'user' },
  );
}

/** Every image is refused, and not by S3: a run would have nothing to do. */
function nothingReadable({ bucket, prefix }: ListImagesOptions, tally: ListingTally): FanfleetError {
  if (tally.firstFault !== null && tally.images === 1) return tally.firstFault;
  const { key = '', shard, refused = 'OBJECT_UNREADABLE' } = tally.firstUnreadable ?? {};
  const where = shard === undefined ? key : `${key} in ${shard.key}`;
  return new FanfleetError(
    refused,
    `Expected an image that can be read under s3://${bucket}/${prefix} but none of ${tally.images} can, first ${where}: ${tally.firstFault?.message ?? IMAGE_ERRORS[refused]}.`,
    { source: 'user' },
  );
}
