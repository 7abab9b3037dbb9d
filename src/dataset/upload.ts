import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ByteBudget } from '../concurrency/byte-budget.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { DatasetObject } from '../contract/manifest.ts';
import { FanfleetError } from '../errors.ts';
import type { LocalFile, UnusableFile } from './folder.ts';
import { listPages } from './s3-listing.ts';

/** The longest key that S3 takes, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** Most bytes of files in memory at once; a larger file is held alone. */
const MEMORY_BYTES = 64 * 1024 * 1024;

export type UploadProgress = { readonly done: number; readonly total: number; readonly bytes: number };

export type UploadOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Put before the key of every file as it is, so it usually ends in `/`. */
  readonly prefix: string;
  /** As `readImageFolder` gives them. */
  readonly files: readonly LocalFile[];
  /** Files in flight at once. @default 16 */
  readonly concurrency?: number | undefined;
  /** Told after every file; `bytes` counts uploaded and unchanged ones. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};
export type UploadResult = {
  readonly uploaded: number;
  /** Files that were there already, with the same size and MD5. */
  readonly unchanged: number;
  readonly uploadedBytes: number;
  /** Objects under the prefix that none of the files has made: a plan of the prefix will see them too. */
  readonly others: number;
  /** Files that are gone by now, or cannot be read. */
  readonly unusable: readonly UnusableFile[];
};

/**
 * Put files into S3 under a prefix. One listing tells what is there: an object with the size and the MD5 of the file
 * is left alone. (Where the bucket encrypts with KMS an ETag is no MD5, and every file is sent again.)
 *
 * @throws FanfleetError `BUCKET_MISSING`, `ACCESS_DENIED`, `KEY_TOO_LONG`, or the name of another AWS error; the
 * reason of the signal. Files that were put before stay.
 */
export async function uploadFiles(options: UploadOptions): Promise<UploadResult> {
  const { s3, bucket, prefix, files, concurrency = 16, onProgress, signal } = options;
  checkKeys(files, prefix);
  const present = new Map<string, DatasetObject>();
  for await (const page of listPages({ s3, bucket, prefix, signal })) {
    for (const object of page) if (!object.key.endsWith('/')) present.set(object.key, object);
  }
  const memory = new ByteBudget(MEMORY_BYTES);
  const unusable: UnusableFile[] = [];
  const totals = { uploaded: 0, unchanged: 0, uploadedBytes: 0, others: present.size, unusable };
  let done = 0;
  let bytes = 0;

  const send = async (file: LocalFile) => {
    const key = prefix + file.key;
    const body = await bodyOf(file, unusable);
    const existing = present.get(key);
    if (existing !== undefined) totals.others -= 1;
    if (body !== null && existing?.size === body.length && existing.etag === md5Etag(body)) {
      totals.unchanged += 1;
    } else if (body !== null) {
      await put(s3, bucket, key, body, file.contentType, signal);
      totals.uploaded += 1;
      totals.uploadedBytes += body.length;
    }
    done += 1;
    bytes += body?.length ?? 0;
    onProgress?.({ done, total: files.length, bytes });
  };
  await forEachConcurrent(files, concurrency, (file) => memory.with(file.size, () => send(file)), signal);
  return totals;
}

async function bodyOf({ path, key }: LocalFile, unusable: UnusableFile[]): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (reason) {
    unusable.push({ key, why: reason instanceof Error ? reason.message : String(reason) });
    return null;
  }
}

async function put(
  s3: S3Client,
  bucket: string,
  key: string,
  body: Buffer,
  contentType: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }),
      signal === undefined ? {} : { abortSignal: signal },
    );
  } catch (reason) {
    signal?.throwIfAborted();
    throw FanfleetError.from(reason, 'aws');
  }
}

/** The ETag that S3 gives to an object put in one piece and not encrypted with KMS. */
function md5Etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

/** @throws FanfleetError `KEY_TOO_LONG` */
export function checkKeys(files: readonly LocalFile[], prefix: string): void {
  for (const { path, key } of files) {
    const bytes = Buffer.byteLength(prefix + key);
    if (bytes <= MAX_KEY_BYTES) continue;
    throw new FanfleetError(
      'KEY_TOO_LONG',
      `Expected a key of at most ${MAX_KEY_BYTES} bytes for ${path} but ${prefix}${key} has ${bytes}: shorten the path or the prefix.`,
      { source: 'user' },
    );
  }
}
