import { Readable } from 'node:stream';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { inOrder } from '../../concurrency/in-order.ts';
import { FanfleetError } from '../../errors.ts';
import { listPages } from '../s3-listing.ts';
import { cutShards, type PackImage } from './cut-shards.ts';
import type { PackSource } from './pack-source.ts';
import { RefusalLog, type Refusals, refusalText } from './refusals.ts';
import { indexKey, indexText } from './shard-index.ts';
import type { TarMember } from './tar-walk.ts';
import { paddingBytes, TAR_END, tarHeader } from './tar-writer.ts';

/** 10,000 parts of it are 78 GiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Reads of images at once, and most bytes of them in memory. */
const READS = 16;
const READ_BYTES = 32 * 1024 * 1024;

export const DEFAULT_SHARD_BYTES = 64 * 1024 * 1024;

export type PackTotals = { readonly shards: number; readonly images: number; readonly bytes: number };
export type Packed = PackTotals & {
  /** Images that S3 did not give, by why. */
  readonly refused: readonly Refusals[];
};
export type PackOptions<Image extends PackImage> = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly source: PackSource<Image>;
  /** Put before `000000.tar` as it is, so it usually ends in `/`; there may be nothing under it. */
  readonly to: string;
  /** Most bytes of a tar, unless a single image has more. @default 64 MiB */
  readonly shardBytes?: number | undefined;
  /** Told after every image. */
  readonly onProgress?: ((totals: PackTotals) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Write images as tars `<to>000000.tar`, `<to>000001.tar` … with an index beside each (`shard-index.ts`), in key
 * order, each member named by the whole key of its image. The same images give the same tars, to the byte.
 *
 * An image that S3 does not give is left out and counted; if it gives none, that is an error.
 *
 * Holds at most 32 MiB of images, five parts of the upload (40 MiB) and the names of one shard, whatever the number of
 * images. If it fails, the shard at hand is not written; those before it stay.
 *
 * @returns what was packed; `bytes` are those of the images
 * @throws FanfleetError `TARGET_NOT_EMPTY`, `PREFIXES_OVERLAP`, a code of `Refusals` where all images were left out, and
 * whatever the source and `listPages` throw; the reason of the signal
 */
export async function packShards<Image extends PackImage>(options: PackOptions<Image>): Promise<Packed> {
  const { s3, bucket, source, to, shardBytes = DEFAULT_SHARD_BYTES, onProgress, signal } = options;
  if (source.prefix !== undefined) expectApart(source.prefix, to);
  await expectNothing(options);
  const totals = { shards: 0, images: 0, bytes: 0 };
  const log = new RefusalLog();
  const onImage = (bytes: number) => {
    totals.images += 1;
    totals.bytes += bytes;
    onProgress?.({ ...totals });
  };
  try {
    for await (const images of cutShards(source.pages, shardBytes)) {
      const key = `${to}${String(totals.shards).padStart(6, '0')}.tar`;
      const tar = await writeTar(options, key, images, log, onImage);
      if (tar === null) continue;
      const { etag, size, members } = tar;
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: indexKey(key),
          Body: indexText({ etag, size }, members),
          ContentType: 'application/x-ndjson',
        }),
      );
      totals.shards += 1;
    }
    const refused = log.list();
    if (totals.images === 0) expectImages(refused);
    return { ...totals, refused };
  } catch (reason) {
    signal?.throwIfAborted();
    throw FanfleetError.from(reason, 'aws');
  }
}

/** Thrown in the place of a tar without images. */
class NothingToWrite extends Error {
  override readonly name = 'NothingToWrite';
}

/** @returns null where there was nothing to write, and nothing was */
async function writeTar<Image extends PackImage>(
  { s3, bucket, source, signal }: PackOptions<Image>,
  key: string,
  images: readonly Image[],
  log: RefusalLog,
  onImage: (bytes: number) => void,
): Promise<{ etag: string; size: number; members: readonly TarMember[] } | null> {
  const members: TarMember[] = [];
  let size = 0;
  async function* tar(): AsyncGenerator<Buffer> {
    const read = async (image: Image) =>
      [image, await log.unlessRefused(image.key, () => source.read(image))] as const;
    const ahead = { atOnce: READS, bytesOf: (image: Image) => image.size, bytes: READ_BYTES };
    for await (const [image, data] of inOrder(images, read, ahead)) {
      signal?.throwIfAborted();
      if (data === null) continue;
      const header = tarHeader(image.key, data.length);
      members.push({ name: image.key, offset: size + header.length, size: data.length });
      const padding = Buffer.alloc(paddingBytes(data.length));
      size += header.length + data.length + padding.length;
      yield Buffer.concat([header, data, padding]);
      onImage(data.length);
    }
    if (members.length === 0) throw new NothingToWrite();
    size += TAR_END.length;
    yield TAR_END;
  }
  const body = Readable.from(tar());
  try {
    const upload = new Upload({
      client: s3,
      params: { Bucket: bucket, Key: key, Body: body, ContentType: 'application/x-tar' },
      partSize: PART_BYTES,
    });
    const { ETag: etag = '' } = await upload.done();
    return { etag, size, members };
  } catch (reason) {
    if (reason instanceof NothingToWrite) return null;
    throw reason;
  } finally {
    body.destroy();
  }
}

/** @throws FanfleetError where every image was left out */
function expectImages(refused: readonly Refusals[]): void {
  const [first] = refused;
  if (first === undefined) return;
  const message = `Expected images that S3 gives but there is none: ${refusalText(refused).replaceAll('\n', '; ')}.`;
  throw new FanfleetError(first.code, message, { source: 'user' });
}

/** A run over a prefix with both would find every image twice. */
function expectApart(from: string, to: string): void {
  if (!from.startsWith(to) && !to.startsWith(from)) return;
  throw new FanfleetError(
    'PREFIXES_OVERLAP',
    `Expected a prefix for the shards that neither begins with ${from} nor begins it but received ${to}: choose another, e.g. packed-${from}.`,
    { source: 'user' },
  );
}

async function expectNothing({
  s3,
  bucket,
  to,
  signal,
}: Pick<PackOptions<PackImage>, 's3' | 'bucket' | 'to' | 'signal'>): Promise<void> {
  for await (const [first] of listPages({ s3, bucket, prefix: to, signal })) {
    if (first === undefined) return;
    throw new FanfleetError(
      'TARGET_NOT_EMPTY',
      `Expected nothing under s3://${bucket}/${to} but there is ${first.key}: choose another prefix, or delete what is there.`,
      { source: 'user' },
    );
  }
}
