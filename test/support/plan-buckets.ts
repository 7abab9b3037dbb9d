import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { layout } from '../../src/contract/layout.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';
import { type Emulator, startEmulator } from './emulator.ts';

export const DATA = 'plan-data';
export const RUNS = 'plan-runs';

/** A bucket of images and one of runs, with an emulator of the file's own. */
export function planBuckets() {
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator();
    for (const Bucket of [DATA, RUNS]) await emulator.s3.send(new CreateBucketCommand({ Bucket }));
  });
  afterAll(() => emulator?.stop());

  async function put(keys: readonly string[], body: Buffer = Buffer.from('x')): Promise<void> {
    await forEachConcurrent(keys, 16, async (Key) => {
      await emulator.s3.send(new PutObjectCommand({ Bucket: DATA, Key, Body: body }));
    });
  }

  function options(prefix: string, changes: Partial<PlanOptions> = {}): PlanOptions {
    return {
      s3: emulator.s3,
      dataBucket: DATA,
      runsBucket: RUNS,
      prefix,
      runId: `run-${prefix.replaceAll('/', '')}`,
      batchSize: 100,
      clock: () => performance.now(),
      ...changes,
    };
  }

  async function read(key: string): Promise<string> {
    const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: RUNS, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  async function runKeys(runId: string): Promise<string[]> {
    const page = await emulator.s3.send(
      new ListObjectsV2Command({ Bucket: RUNS, Prefix: layout.run(runId) }),
    );
    return (page.Contents ?? []).map(({ Key = '' }) => Key);
  }

  return { put, options, read, runKeys, emulator: () => emulator };
}
