import { GetObjectCommand } from '@aws-sdk/client-s3';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import {
  hasImageSuffix,
  IMAGE_SUFFIXES,
  type ImageFilter,
  SNIFF_BYTES,
  sniffContentType,
  suffixOf,
} from '../dataset/image-type.ts';
import type { DatasetObject } from '../dataset/manifest.ts';
import { type ListingOptions, listPages, toListingError } from '../dataset/s3-listing.ts';
import { FanfleetError } from '../errors.ts';

/** Ranged GETs at once where content decides. */
const SNIFF_CONCURRENCY = 16;
/** Suffixes that the error for a prefix without images names. */
const SUFFIXES_NAMED = 5;
/** Suffixes that are counted: where every key has its own (`log.20261121T0301`), the count would grow without end. */
const SUFFIXES_KEPT = 100;

export type ListImagesOptions = ListingOptions & {
  /**
   * `suffix`: keys with an image suffix, at no cost. `content`: also keys without one whose first 16 bytes are an
   * image's, at one GET for each of them. `all`: every key.
   * @default 'suffix'
   */
  readonly filter?: ImageFilter | undefined;
  /** Milliseconds, for `listMs`. */
  readonly clock: () => number;
};

/** What a listing has seen so far; `listImages` counts it up. */
export type ListingTally = {
  seen: number;
  folders: number;
  images: number;
  /** Objects that were skipped, by suffix. */
  readonly skippedSuffixes: Map<string, number>;
  /** Time spent waiting for pages of the listing. */
  listMs: number;
};

export function newTally(): ListingTally {
  return { seen: 0, folders: 0, images: 0, skippedSuffixes: new Map(), listMs: 0 };
}

/**
 * The images under a prefix, a page at a time and in the order of the listing; pages without images are left out.
 * Folder keys (they end in `/`) are never images.
 *
 * @throws FanfleetError at the end of the listing: `PREFIX_EMPTY` if it had no objects, `NO_IMAGES` if none was an
 * image; and whatever `listPages` throws.
 */
export async function* listImages(
  options: ListImagesOptions,
  tally: ListingTally,
): AsyncGenerator<DatasetObject[]> {
  const { clock, filter = 'suffix' } = options;
  let asked = clock();
  for await (const page of listPages(options)) {
    tally.listMs += clock() - asked;
    tally.seen += page.length;
    const objects = page.filter(({ key }) => !key.endsWith('/'));
    tally.folders += page.length - objects.length;
    const images = filter === 'all' ? objects : await onlyImages(objects, filter, options, tally);
    tally.images += images.length;
    if (images.length > 0) yield images;
    asked = clock();
  }
  tally.listMs += clock() - asked;
  if (tally.images === 0) throw nothingFound(options, tally);
}

async function onlyImages(
  objects: readonly DatasetObject[],
  filter: ImageFilter,
  options: ListingOptions,
  tally: ListingTally,
): Promise<DatasetObject[]> {
  const others = objects.filter(({ key }) => !hasImageSuffix(key));
  const images = filter === 'content' ? await sniffImages(others, options) : new Set<string>();
  for (const { key } of others) {
    if (images.has(key)) continue;
    const suffix = suffixOf(key);
    const count = tally.skippedSuffixes.get(suffix);
    if (count !== undefined || tally.skippedSuffixes.size < SUFFIXES_KEPT) {
      tally.skippedSuffixes.set(suffix, (count ?? 0) + 1);
    }
  }
  return objects.filter(({ key }) => hasImageSuffix(key) || images.has(key));
}

/** The keys whose first bytes are an image's. */
async function sniffImages(
  objects: readonly DatasetObject[],
  { s3, bucket, prefix, signal }: ListingOptions,
): Promise<Set<string>> {
  const images = new Set<string>();
  const filled = objects.filter(({ size }) => size > 0);
  await forEachConcurrent(
    filled,
    SNIFF_CONCURRENCY,
    async ({ key }) => {
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=0-${SNIFF_BYTES - 1}` }),
          signal === undefined ? {} : { abortSignal: signal },
        );
        const start = await Body?.transformToByteArray();
        if (start !== undefined && sniffContentType(start) !== null) images.add(key);
      } catch (reason) {
        signal?.throwIfAborted();
        // Deleted since it was listed: it is no image any more.
        if (reason instanceof Error && reason.name === 'NoSuchKey') return;
        throw toListingError(reason, bucket, prefix);
      }
    },
    signal,
  );
  return images;
}

function nothingFound({ bucket, prefix, filter }: ListImagesOptions, tally: ListingTally): FanfleetError {
  const where = `s3://${bucket}/${prefix}`;
  const objects = tally.seen - tally.folders;
  if (objects === 0) {
    const folders =
      tally.folders === 0 ? '' : ` but ${tally.folders} empty folder${tally.folders === 1 ? '' : 's'}`;
    return new FanfleetError(
      'PREFIX_EMPTY',
      `Expected images under ${where} but there is nothing${folders}: correct the prefix, or put images there.`,
      { source: 'user' },
    );
  }
  const suffixes = [...tally.skippedSuffixes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SUFFIXES_NAMED)
    .map(([suffix, count]) => `${suffix === '' ? 'no suffix' : suffix} (${count})`);
  const more = tally.skippedSuffixes.size > SUFFIXES_NAMED ? ' and others' : '';
  const hint = filter === 'content' ? '' : ', or use the filter `content` if the images have no suffix';
  return new FanfleetError(
    'NO_IMAGES',
    `Expected images (${IMAGE_SUFFIXES.join(' ')}) under ${where} but the ${objects} objects there have ${suffixes.join(', ')}${more}: correct the prefix${hint}.`,
    { source: 'user' },
  );
}
