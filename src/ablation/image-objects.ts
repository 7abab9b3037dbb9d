import { readFile } from 'node:fs/promises';
import { createS3 } from '../aws/s3.ts';
import type { LocalFile } from '../dataset/folder.ts';
import { packShards } from '../dataset/shards/pack.ts';
import { localImages } from '../dataset/shards/pack-source.ts';
import type { StoredObject } from './object-server.ts';
import type { PipelineStore } from './pipelines.ts';

/** What stands before the key of an image. */
export const IMAGES = 'images/';
const SHARDS = 'shards/';
/** Small, so that there are enough of them for all workers. */
const SHARD_BYTES = 4 * 1024 * 1024;

/** Images of this machine as objects, read when they are got. */
export function imageObjects(files: readonly LocalFile[]): Map<string, StoredObject> {
  return new Map(
    files.map(({ key, path, size }) => [`${IMAGES}${key}`, { size, read: () => readFile(path) }]),
  );
}

/**
 * Put tars with the same images into a store.
 *
 * @returns their keys
 * @throws FanfleetError `FILE_CHANGED`; the reason of the signal
 */
export async function putShards(
  { endpoint, region, bucket, accessKey, secretKey }: PipelineStore,
  files: readonly LocalFile[],
  signal?: AbortSignal,
): Promise<string[]> {
  const s3 = createS3({
    endpoint,
    region,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  try {
    const source = localImages(files, IMAGES);
    const to = { s3, bucket, to: SHARDS, shardBytes: SHARD_BYTES, signal };
    const { shards } = await packShards({ ...to, source });
    return Array.from({ length: shards }, (_, at) => `${SHARDS}${String(at).padStart(6, '0')}.tar`);
  } finally {
    s3.destroy();
  }
}

/** So many of them as are wanted, evenly out of all. */
export function evenly<T>(all: readonly T[], wanted: number): readonly T[] {
  if (all.length <= wanted) return all;
  return Array.from({ length: wanted }, (_, at) => all[Math.floor((at * all.length) / wanted)] as T);
}
