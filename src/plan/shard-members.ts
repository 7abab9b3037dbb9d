import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { sdkObjectError } from '../aws/sdk-object-error.ts';
import { readLines } from '../dataset/lines.ts';
import type { DatasetObject } from '../dataset/manifest.ts';
import { toListingError } from '../dataset/s3-listing.ts';
import { ObjectCursor } from '../dataset/shards/object-cursor.ts';
import { indexKey, readIndex } from '../dataset/shards/shard-index.ts';
import { type TarMember, walkTar } from '../dataset/shards/tar-walk.ts';

/** Members in a page: a shard of usual size is one page, so that it can be read while others are awaited. */
const PAGE = 10_000;
/** UTF-16 units of a line in an index: a name of a kilobyte, escaped throughout, is far below it. */
const LONGEST_LINE = 1024 * 1024;

export type ShardMembersOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The files in a tar as objects of the dataset, in the order of the tar, up to 10,000 at a time: from the index beside
 * it, at one GET, or by walking the tar where there is none or it belongs to another version of the tar.
 *
 * @throws FanfleetError as `readIndex`, `walkTar` and `ObjectCursor` do
 */
export async function* shardMembers(
  tar: DatasetObject,
  options: ShardMembersOptions,
): AsyncGenerator<DatasetObject[]> {
  const indexed = await fromIndex(tar, options);
  let page: DatasetObject[] = [];
  for await (const { name, offset, size } of indexed ?? fromTar(tar, options)) {
    page.push({ key: name, size, etag: tar.etag, shard: { key: tar.key, offset } });
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function fromIndex(
  tar: DatasetObject,
  { s3, bucket, signal }: ShardMembersOptions,
): Promise<AsyncGenerator<TarMember> | null> {
  const Key = indexKey(tar.key);
  try {
    const { Body } = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    const chunks = Body as unknown as AsyncIterable<Uint8Array>;
    const lines = readLines(chunks, LONGEST_LINE, () => new Error(`a line of ${Key} is too long`));
    const members = await readIndex(lines, tar);
    if (members === null) await lines.return(undefined);
    return members;
  } catch (reason) {
    signal?.throwIfAborted();
    // Without its index a tar can be walked, if it is given.
    if (sdkObjectError(reason) !== undefined) return null;
    throw toListingError(reason, bucket, Key);
  }
}

async function* fromTar(
  tar: DatasetObject,
  { s3, bucket, signal }: ShardMembersOptions,
): AsyncGenerator<TarMember> {
  const cursor = new ObjectCursor({ s3, bucket, object: tar, signal });
  try {
    yield* walkTar(cursor, { name: `s3://${bucket}/${tar.key}`, size: tar.size });
  } finally {
    cursor.close();
  }
}
