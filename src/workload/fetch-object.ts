import { GetObjectCommand, NoSuchKey, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { DatasetObject } from '../dataset/manifest.ts';
import { FanfleetError } from '../errors.ts';
import type { ImageErrorCode } from '../kernel/row.ts';

export type Fetched =
  | { readonly bytes: Buffer }
  | { readonly failure: Extract<ImageErrorCode, 'OBJECT_MISSING' | 'OBJECT_CHANGED'> };

/**
 * GET one object in the version that was planned. That it is gone or changed is a result; anything else that S3
 * refuses (after the client's own retries) is an error of the whole batch.
 *
 * @throws FanfleetError with S3's code and the key
 */
export async function fetchObject(
  s3: S3Client,
  bucket: string,
  object: DatasetObject,
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    const answer = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: object.key, IfMatch: object.etag }),
      { abortSignal: signal },
    );
    return { bytes: Buffer.from((await answer.Body?.transformToByteArray()) ?? []) };
  } catch (error) {
    if (error instanceof NoSuchKey) return { failure: 'OBJECT_MISSING' };
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) {
      return { failure: 'OBJECT_CHANGED' };
    }
    const reason = error instanceof Error ? error : new Error(String(error));
    throw new FanfleetError(
      reason.name,
      `Could not read s3://${bucket}/${object.key}: ${reason.message}. The batch will be tried again.`,
      { cause: error, source: 'aws' },
    );
  }
}
