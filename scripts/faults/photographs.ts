import { CopyObjectCommand, DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { layout } from '../../src/contract/layout.ts';
import type { RequestInput } from '../../src/run/request.ts';
import { type ConnectedStack, readRows, startExecution, waitForEnd } from '../own-stack/stack.ts';

/** How many of the images are of {@link LATER}. */
const PART_LATER = 2 / 3;
const COPIES_AT_ONCE = 16;

/** What faults disturb: normalised images are written too, and batches are small. */
export interface Work {
  readonly images: number;
  readonly request: RequestInput;
}

const PREFIX = 'disturbed/';
const REQUEST = { prefix: PREFIX, workload: { name: 'normalise', params: { format: 'jpeg' } } } as const;

/** Enough for times that can be compared. */
export const WORK: Work = { images: 300, request: { ...REQUEST, batchSize: 5 } };

/** The paths of what comes last: work that is left for certain as long as hosts are not let at it. */
export const LATER = /\/disturbed\/later\//;

/** Make the prefix of this work, out of the sample photographs that every stack of the tests has. */
export async function preparePhotographs({ s3, stack }: ConnectedStack, { images }: Work): Promise<void> {
  const Bucket = stack.dataBucket;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'photos/', MaxKeys: images }),
  );
  const firstLater = Math.round(Contents.length * (1 - PART_LATER));
  await forEachConcurrent([...Contents.entries()], COPIES_AT_ONCE, async ([index, { Key = '' }]) => {
    const part = index < firstLater ? 'first/' : 'later/';
    const copy = Key.replace('photos/', `${PREFIX}${part}`);
    await s3.send(new CopyObjectCommand({ Bucket, Key: copy, CopySource: `${Bucket}/${Key}` }));
  });
}

/** The rows of the serverless arm, which nothing disturbs. */
export async function undisturbedRows(stack: ConnectedStack, { request }: Work): Promise<string> {
  const runId = await startExecution(stack, { ...request, arms: ['serverless'], baseline: false });
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
