import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ObjectStore } from '../src/aws/object-store.ts';
import { FanfleetError } from '../src/errors.ts';
import { DEFAULT_KEYS_COLUMN, readNamedKeys } from '../src/plan/named-keys.ts';
import type { RequestInput } from '../src/run/request.ts';
import type { Aws, Context } from './context.ts';

/**
 * The request with the file that names its images where the run finds it: one of this machine is checked, and put into the bucket of the runs.
 *
 * @throws FanfleetError `INVALID_INPUT` where it is none that can be used; S3's code
 */
export async function withKeysInBucket<R extends RequestInput>(
  context: Context,
  aws: Aws,
  request: R,
): Promise<R> {
  const { keysFrom, keysColumn: column = DEFAULT_KEYS_COLUMN, prefix } = request;
  if (keysFrom === undefined || keysFrom.startsWith('s3://')) return request;
  const { dataBucket, runsBucket } = aws.stack;
  const body = await fileAt(keysFrom);
  const source = {
    bytes: body.length,
    read: async (start: number, end: number) => body.subarray(start, end),
  };
  const bucket = request.bucket ?? dataBucket;
  await readNamedKeys(source, { where: keysFrom, column, bucket, prefix });
  const key = `keys/${hash('sha256', body, 'hex').slice(0, 16)}.parquet`;
  context.io.progress(`uploading ${keysFrom}`);
  await new ObjectStore(aws.s3, runsBucket).put(key, body, 'application/vnd.apache.parquet');
  context.io.endProgress();
  return { ...request, keysFrom: `s3://${runsBucket}/${key}` };
}

async function fileAt(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const message = `Expected a Parquet file of this machine or s3://bucket/key for \`--keys-from\` but got: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user', cause });
  }
}
