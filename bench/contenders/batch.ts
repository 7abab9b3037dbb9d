/** fanfleet's way from S3 to rows, as `measure` goes it: `native` or `portable`, loose objects or tar shards. */

import { workerLimits } from '../../functions/process.ts';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { KERNEL_CHOICES } from '../../src/contract/kernel-choice.ts';
import type { Batch, DatasetObject } from '../../src/contract/manifest.ts';
import { listPages } from '../../src/dataset/s3-listing.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { shardMembers } from '../../src/plan/shard-members.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import type { Job, Store } from '../job.ts';
import { clientOf } from '../s3-server.ts';
import { statisticsOf } from '../statistics-row.ts';
import { serve } from './serve.ts';

/** Of the memory of a function, MB per core (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const MEMORY_PER_CORE = 1769;

await serve(async ({ source, store, threads }, variant) => {
  if (store === null) throw new TypeError('Expected a store for a job over S3.');
  const kernel = await chooseKernel(KERNEL_CHOICES.find((name) => name === variant));
  const s3 = clientOf(store);
  const reader = new ObjectReader(s3Access(s3));
  const objects = await plan(store, source);
  const batch: Batch = { batch: 0, bytes: objects.reduce((bytes, { size }) => bytes + size, 0), objects };
  return async () => {
    const { rows } = await runBatch({
      ...workerLimits(threads * MEMORY_PER_CORE),
      ...{ reader, bucket: store.bucket, batch, kernel, runner: imageRunner({ operation: 'stats' }) },
      imageBytes: Number.POSITIVE_INFINITY,
      now: () => performance.now(),
    });
    return rows.map(statisticsOf);
  };
});

async function plan(store: Store, source: Job['source']): Promise<DatasetObject[]> {
  const options = { s3: clientOf(store), bucket: store.bucket };
  const objects: DatasetObject[] = [];
  const prefixes = source === 'shards' ? store.shards : [store.loosePrefix];
  for (const prefix of prefixes) {
    for await (const page of listPages({ ...options, prefix })) {
      if (source !== 'shards') objects.push(...page);
      for (const tar of source === 'shards' ? page : []) {
        for await (const members of shardMembers(tar, options)) objects.push(...members);
      }
    }
  }
  return objects;
}
