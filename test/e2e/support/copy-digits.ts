import { CopyObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { connectStack } from '../../../scripts/own-stack/stack.ts';

/** Give a test the first so many of the digits under a prefix of its own. */
export async function copyDigits(count: number, prefix: string): Promise<void> {
  const { s3, stack } = await connectStack(inject('home'));
  const Bucket = stack.dataBucket;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'digits/', MaxKeys: count }),
  );
  for (const { Key = '' } of Contents) {
    const copy = { Bucket, Key: Key.replace('digits/', prefix), CopySource: `${Bucket}/${Key}` };
    await s3.send(new CopyObjectCommand(copy));
  }
}
