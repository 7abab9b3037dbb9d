import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { FanfleetError } from '../errors.ts';
import { ObjectStore } from './object-store.ts';

/** An object of which parts are read, all of the version that it had first. */
export interface ObjectSource {
  readonly bytes: number;
  /** The bytes from a place to another one, which is not among them. @throws FanfleetError `OBJECT_CHANGED`; S3's code */
  readonly read: (start: number, end: number) => Promise<Buffer>;
}

/**
 * Open an object to read parts of it.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND` if there is none; `InvalidRange` if it is empty; S3's code, e.g. `NoSuchBucket`
 */
export async function openObject(s3: S3Client, bucket: string, key: string): Promise<ObjectSource> {
  const { bytes, etag } = await new ObjectStore(s3, bucket).version(key).catch((cause: unknown) => {
    const { code, message } = FanfleetError.from(cause, 'aws');
    if (code === 'OBJECT_NOT_FOUND') throw cause;
    const said = `Expected to read s3://${bucket}/${key} but got: ${message}. Check the address, and what the credentials allow.`;
    throw new FanfleetError(code, said, { cause, source: 'aws' });
  });
  return {
    bytes,
    read: async (start, end) => {
      const range = { Range: `bytes=${start}-${end - 1}`, IfMatch: etag };
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      } catch (error) {
        if (!(error instanceof Error && error.name === 'PreconditionFailed')) {
          throw FanfleetError.from(error, 'aws');
        }
        const message = `Expected s3://${bucket}/${key} to stay as it was while it was read but it was replaced: do it again.`;
        throw new FanfleetError('OBJECT_CHANGED', message, { cause: error, source: 'aws' });
      }
    },
  };
}
