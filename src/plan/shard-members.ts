import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { sdkObjectError } from '../aws/sdk-object-error.ts';
import type { DatasetObject } from '../contract/manifest.ts';
import { IMAGE_ERRORS, type ImageErrorCode } from '../contract/row.ts';
import { hasImageSuffix } from '../dataset/image-type.ts';
import { readLines } from '../dataset/lines.ts';
import type { ListingTally } from '../dataset/list-images.ts';
import { noteRemark } from '../dataset/notes.ts';
import { toListingError } from '../dataset/s3-listing.ts';
import { ObjectCursor } from '../dataset/shards/object-cursor.ts';
import { indexDamaged, indexKey, readIndex } from '../dataset/shards/shard-index.ts';
import { type TarMember, type TarRemark, walkTar } from '../dataset/shards/tar-walk.ts';
import { FanfleetError } from '../errors.ts';

/** Members in a page: a shard of usual size is one page, so that it can be read while others are awaited. */
const PAGE = 10_000;
/** UTF-16 units of a line in an index: a name of a kilobyte, escaped throughout, is far below it. */
const LONGEST_LINE = 1024 * 1024;

export type ShardMembersOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly signal?: AbortSignal | undefined;
  /** Told what the tar has beside files. */
  readonly onRemark?: ((remark: TarRemark) => void) | undefined;
  /** Told why its index was not used, if it has one of its own. */
  readonly onIndexFault?: ((fault: FanfleetError) => void) | undefined;
  /** Told why a tar, or the rest of it, was not read. */
  readonly onFault?: ((fault: FanfleetError) => void) | undefined;
};

/** How `listImages` opens tars: what is told of them goes to its tally. */
export function openShardsOf(access: Pick<ShardMembersOptions, 's3' | 'bucket' | 'signal'>) {
  return (tar: DatasetObject, tally: ListingTally): AsyncGenerator<DatasetObject[]> =>
    shardMembers(tar, {
      ...access,
      onRemark: (remark) => noteRemark(tally.notes, remark, tar.key, hasImageSuffix),
      onIndexFault: (fault) => tally.notes.add('SHARD_INDEXES_DAMAGED', wordsOf(fault)),
      onFault: (fault) => {
        tally.firstFault ??= fault;
        tally.notes.add('SHARDS_NOT_WHOLE', wordsOf(fault));
      },
    });
}

/** A message as part of a sentence. */
function wordsOf({ code, message }: FanfleetError): string {
  return message.replace(`[${code}] `, '').replace(/\.$/, '');
}

/**
 * The files in a tar as objects of the dataset, in the order of the tar, up to 10,000 at a time: from the index beside
 * it, at one GET, or by walking the tar where there is none, it is not whole, or it belongs to another version of the tar.
 *
 * A tar that is damaged, compressed, changed or denied costs itself alone: the files before the damage are followed by
 * the tar as an object that is refused, and `onFault` is told.
 *
 * @throws FanfleetError as `ObjectCursor` does where more than this tar is concerned
 */
export async function* shardMembers(
  tar: DatasetObject,
  options: ShardMembersOptions,
): AsyncGenerator<DatasetObject[]> {
  let page: DatasetObject[] = [];
  try {
    for await (const { name, offset, size, refused } of members(tar, options)) {
      const object = { key: name, size, etag: tar.etag, shard: { key: tar.key, offset } };
      page.push(refused === undefined ? object : { ...object, refused });
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
  } catch (reason) {
    options.signal?.throwIfAborted();
    if (!(reason instanceof FanfleetError) || !isRefusal(reason.code)) throw reason;
    options.onFault?.(reason);
    page.push({ key: tar.key, size: 0, etag: tar.etag, refused: reason.code });
  }
  if (page.length > 0) yield page;
}

function isRefusal(code: string): code is ImageErrorCode {
  return Object.hasOwn(IMAGE_ERRORS, code);
}

/** By the index as far as it is whole, and then by the tar. */
async function* members(tar: DatasetObject, options: ShardMembersOptions): AsyncGenerator<TarMember> {
  /** Where the data of the last member begin that the index gave. */
  let last = -1;
  try {
    const indexed = await fromIndex(tar, options);
    if (indexed !== null) {
      for await (const member of indexed) {
        yield member;
        last = member.offset;
      }
      return;
    }
  } catch (reason) {
    options.signal?.throwIfAborted();
    if (reason instanceof FanfleetError && reason.code !== 'SHARD_INDEX_DAMAGED') throw reason;
    options.onIndexFault?.(
      reason instanceof FanfleetError ? reason : indexDamaged(tar.key, `reading it failed: ${reason}`),
    );
  }
  for await (const member of fromTar(tar, options)) if (member.offset > last) yield member;
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
    const lines = readLines(chunks, LONGEST_LINE, () => new Error('a line is too long'));
    const members = await readIndex(lines, tar);
    if (members === null) await lines.return(undefined);
    return members;
  } catch (reason) {
    signal?.throwIfAborted();
    // Without its index a tar can be walked, if it is given.
    if (sdkObjectError(reason) !== undefined) return null;
    throw reason instanceof S3ServiceException ? toListingError(reason, bucket, Key) : reason;
  }
}

async function* fromTar(
  tar: DatasetObject,
  { s3, bucket, signal, onRemark }: ShardMembersOptions,
): AsyncGenerator<TarMember> {
  const cursor = new ObjectCursor({ s3, bucket, object: tar, signal });
  try {
    yield* walkTar(cursor, { name: `s3://${bucket}/${tar.key}`, size: tar.size, onRemark });
  } finally {
    cursor.close();
  }
}
