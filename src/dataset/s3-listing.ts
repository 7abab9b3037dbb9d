import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { DatasetObject } from '../contract/manifest.ts';
import { FanfleetError } from '../errors.ts';

export type ListingOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
};

/** An object as S3 lists it. */
export type ListedObject = DatasetObject & {
  /** Such as `STANDARD` or `GLACIER_IR`: what it costs to read it. */
  readonly storageClass: string;
};

/**
 * Every object under a prefix, a page of at most 1,000 at a time, in the order in which S3 lists them. The next
 * page is asked for while the caller works on this one.
 *
 * Keys travel percent-encoded (`EncodingType=url`), since XML cannot carry all characters that a key may have.
 * ETags keep their quotes, as GET answers them and `If-Match` wants them.
 *
 * @throws FanfleetError `BUCKET_MISSING`, `ACCESS_DENIED` or the name of another AWS error; the reason of the signal
 */
export async function* listPages({
  s3,
  bucket,
  prefix,
  signal,
}: ListingOptions): AsyncGenerator<ListedObject[]> {
  const read = async (token: string | undefined): Promise<ListObjectsV2CommandOutput> => {
    signal?.throwIfAborted();
    return s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        EncodingType: 'url',
        ContinuationToken: token,
      }),
      signal === undefined ? {} : { abortSignal: signal },
    );
  };
  let pending: Promise<ListObjectsV2CommandOutput> | undefined = read(undefined);
  while (pending !== undefined) {
    const page: ListObjectsV2CommandOutput = await pending.catch((reason: unknown) => {
      signal?.throwIfAborted();
      throw toListingError(reason, bucket, prefix);
    });
    const token: string | undefined = page.NextContinuationToken;
    pending = token === undefined ? undefined : read(token);
    pending?.catch(() => {}); // a caller that stops early never looks at it
    const encoded = page.EncodingType === 'url';
    yield (page.Contents ?? []).map(({ Key = '', Size = 0, ETag = '', StorageClass = 'STANDARD' }) => ({
      key: encoded ? decodeKey(Key) : Key,
      size: Size,
      etag: ETag,
      storageClass: StorageClass,
    }));
  }
}

/**
 * Undo S3's encoding of keys: percent-encoded UTF-8, where `+` is a space as in forms. What is not UTF-8, as other makers
 * of S3 let it be, becomes U+FFFD: a key that is not there, and so a row of its own.
 */
function decodeKey(key: string): string {
  if (!key.includes('%') && !key.includes('+')) return key;
  const spaced = key.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return withBytes(Buffer.from(spaced));
  }
}

function withBytes(text: Buffer): string {
  const bytes = text
    .toString('latin1')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What to do where objects may not be read. */
export const ACCESS_ADVICE =
  'allow s3:GetObject on the objects, and kms:Decrypt with the key of their encryption; look for a policy of the bucket that wants something else, e.g. a VPC endpoint; of a bucket whose requester pays, say so with `requesterPays`';

/** Say what an AWS error means for the prefix that the user gave. */
export function toListingError(reason: unknown, bucket: string, prefix: string): FanfleetError {
  const name = reason instanceof Error ? reason.name : '';
  if (name === 'NoSuchBucket') {
    return new FanfleetError(
      'BUCKET_MISSING',
      `Expected the bucket ${bucket} of s3://${bucket}/${prefix} but it does not exist: correct its name, or create it and put images in it.`,
      { cause: reason, source: 'user' },
    );
  }
  if (name === 'AccessDenied' || name === 'Forbidden') {
    return new FanfleetError(
      'ACCESS_DENIED',
      `Expected to read s3://${bucket}/${prefix} but access was denied: allow s3:ListBucket on the bucket; ${ACCESS_ADVICE}.`,
      { cause: reason, source: 'user' },
    );
  }
  return FanfleetError.from(reason, 'aws');
}
