import { CopyObjectCommand, DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { forEachConcurrent } from '../../../../src/concurrency/for-each-concurrent.ts';
import { layout } from '../../../../src/run/layout.ts';
import type { RequestInput } from '../../../../src/run/request.ts';
import { type ConnectedStack, readRows, startExecution, waitForEnd } from '../stack.ts';

const IMAGES = 300;
const COPIES_AT_ONCE = 16;

/** The work that faults disturb: normalised images are written too, and batches are small. */
export const WORK: RequestInput = {
  prefix: 'disturbed/',
  operation: 'normalise',
  normalise: { format: 'jpeg' },
  batchSize: 5,
};

/** Make the prefix of this work, out of the sample photographs that every stack of the tests has. */
export async function preparePhotographs({ s3, stack }: ConnectedStack): Promise<void> {
  const Bucket = stack.dataBucket;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'photos/', MaxKeys: IMAGES }),
  );
  await forEachConcurrent(Contents, COPIES_AT_ONCE, async ({ Key = '' }) => {
    const copy = { Bucket, Key: Key.replace('photos/', WORK.prefix), CopySource: `${Bucket}/${Key}` };
    await s3.send(new CopyObjectCommand(copy));
  });
}

/** The rows of the serverless arm, which nothing disturbs. */
export async function undisturbedRows(stack: ConnectedStack): Promise<string> {
  const runId = await startExecution(stack, { ...WORK, arms: ['serverless'], baseline: false });
  const { status } = await waitForEnd(stack, runId);
  if (status !== 'SUCCEEDED') throw new Error(`Expected the serverless arm to succeed but it is ${status}.`);
  const rows = await readRows(stack, runId, 'serverless');
  await removeRun(stack, runId);
  return rows;
}

/** Remove all that a run wrote: normalised images fill the memory of the offline S3. */
export async function removeRun({ s3, stack }: ConnectedStack, runId: string): Promise<void> {
  const Bucket = stack.runsBucket;
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: layout.run(runId) }));
    if (Contents.length === 0) return;
    await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
    );
  }
}
