import { readFile } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { DatasetObject } from '../../contract/manifest.ts';
import { FanfleetError } from '../../errors.ts';
import type { LocalFile } from '../folder.ts';
import { inKeyOrder, KeyOrderError } from '../key-order.ts';
import { listImages, newTally } from '../list-images.ts';
import { compareKeys } from '../order.ts';
import { checkKeys } from '../upload.ts';
import type { PackImage } from './cut-shards.ts';
import { ObjectCursor } from './object-cursor.ts';

/** Images in key order, and how to get the bytes of one: as many as its `size` says, or an error. */
export type PackSource<Image extends PackImage> = {
  /** Where in the bucket of the shards the images lie, if they do. */
  readonly prefix?: string;
  readonly pages: AsyncIterable<readonly Image[]>;
  readonly read: (image: Image) => Promise<Buffer>;
};

export type LooseObjectsOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The objects with an image suffix under a prefix. `pages` throws what `listImages` and `inKeyOrder` throw, and
 * `KEYS_UNORDERED`; `read` what `ObjectCursor` throws.
 */
export function looseObjects(options: LooseObjectsOptions): PackSource<DatasetObject> {
  const { s3, bucket, prefix, signal } = options;
  return {
    prefix,
    pages: ordered(options),
    read: (object) => new ObjectCursor({ s3, bucket, object, signal }).read(object.size),
  };
}

async function* ordered(options: LooseObjectsOptions): AsyncGenerator<readonly DatasetObject[]> {
  try {
    yield* inKeyOrder(listImages({ ...options, clock: () => 0 }, newTally()));
  } catch (reason) {
    if (!(reason instanceof KeyOrderError)) throw reason;
    throw new FanfleetError(
      'KEYS_UNORDERED',
      `Expected the keys of s3://${options.bucket}/${options.prefix} in order but ${reason.message}: copy them to a general purpose bucket, or pack from a folder with --images.`,
      { cause: reason, source: 'user' },
    );
  }
}

export type LocalImage = PackImage & { readonly path: string };

/**
 * Files of this machine, under the keys that `uploadFiles` gives them. `read` throws `FILE_CHANGED` where a file has
 * another size than it had when the folder was read.
 *
 * @param prefix put before the key of every file as it is
 * @throws FanfleetError `KEY_TOO_LONG`
 */
export function localImages(files: readonly LocalFile[], prefix: string): PackSource<LocalImage> {
  checkKeys(files, prefix);
  const images = files
    .map(({ path, key, size }) => ({ path, key: prefix + key, size }))
    .sort((a, b) => compareKeys(a.key, b.key));
  return {
    pages: (async function* () {
      yield images;
    })(),
    read: async ({ path, size }) => {
      const data = await readFile(path).catch((cause: unknown) => {
        throw changed(path, size, cause instanceof Error ? cause.message : String(cause));
      });
      if (data.length === size) return data;
      throw changed(path, size, String(data.length));
    },
  };
}

function changed(path: string, size: number, found: string): FanfleetError {
  const message = `Expected ${size} bytes in ${path} but found ${found}: it was changed meanwhile; pack again.`;
  return new FanfleetError('FILE_CHANGED', message, { source: 'user' });
}
