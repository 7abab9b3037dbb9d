import { CopyObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { Sample } from '../../../scripts/own-stack/deploy.ts';
import { connectStack } from '../../../scripts/own-stack/stack.ts';
import { forEachConcurrent } from '../../../src/concurrency/for-each-concurrent.ts';

const COPIES_AT_ONCE = 16;

/**
 * Give a test the first so many images of a sample set under a prefix of its own: a run over all of one computes for
 * ten seconds, which only tests of many images need.
 */
export async function copySample(sample: Sample, count: number, prefix: string): Promise<void> {
  const { s3, stack } = await connectStack(inject('home'));
  const Bucket = stack.dataBucket;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: `${sample}/`, MaxKeys: count }),
  );
  await forEachConcurrent(Contents, COPIES_AT_ONCE, async ({ Key = '' }) => {
    const copy = { Bucket, Key: Key.replace(`${sample}/`, prefix), CopySource: `${Bucket}/${Key}` };
    await s3.send(new CopyObjectCommand(copy));
  });
}
