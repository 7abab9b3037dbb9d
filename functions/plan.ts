import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { openObject } from '../src/aws/object-source.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { s3Address } from '../src/aws/s3-address.ts';
import { FanfleetError } from '../src/errors.ts';
import { parse } from '../src/parse.ts';
import { minBatchesFor } from '../src/plan/batch-counts.ts';
import { DEFAULT_KEYS_COLUMN, type NamedKeys, readNamedKeys } from '../src/plan/named-keys.ts';
import { plan } from '../src/plan/plan.ts';
import { takeOver } from '../src/plan/take-over.ts';
import { type Run, runSchema } from '../src/run/run.ts';
import { shardsOf } from '../src/workloads/facts.ts';
import { trainingSource } from '../src/workloads/training-source.ts';
import { processClock } from './process.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });

/** List the prefix once and cut it into the batches that both arms work on; or take both over from an earlier run. */
export const main = handler('plan', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of plan');
  const { resume } = run;
  const found =
    resume === null
      ? await planAnew(run)
      : await takeOver({ store: new ObjectStore(s3, run.runsBucket), run, resume });
  logger.info('planned', { runId: run.runId, ...found });
  return found;
});

async function planAnew(run: Run) {
  const shards = shardsOf(run.workload);
  const images = run.requesterPays ? createS3({ region, endpoint, requesterPays: true }) : s3;
  const { bucket, prefix } = run;
  return plan({
    s3: images,
    dataBucket: bucket,
    prefix,
    named: await namedKeys(run, images),
    filter: run.filter,
    shardKeys: run.shardKeys,
    training: trainingSource(run.workload),
    runsBucket: run.runsBucket,
    runId: run.runId,
    // What a shard learns depends on its images, so nothing but their number divides them.
    batchSize: shards === null ? run.batchSize : Number.POSITIVE_INFINITY,
    minBatches: shards ?? minBatchesFor(run),
    clock: processClock.now,
  });
}

async function namedKeys(
  { keysFrom, keysColumn, bucket, prefix }: Run,
  images: S3Client,
): Promise<NamedKeys | undefined> {
  if (keysFrom === undefined) return undefined;
  const { bucket: from, key } = s3Address(keysFrom) ?? { bucket, key: keysFrom };
  const where = `s3://${from}/${key}`;
  const source = await openKeys(from === bucket ? images : s3, from, key);
  return readNamedKeys(source, { where, column: keysColumn ?? DEFAULT_KEYS_COLUMN, bucket, prefix });
}

async function openKeys(client: S3Client, bucket: string, key: string) {
  try {
    return await openObject(client, bucket, key);
  } catch (cause) {
    const why = { OBJECT_NOT_FOUND: 'it is not there', InvalidRange: 'it is empty' }[
      FanfleetError.from(cause, 'aws').code
    ];
    if (why === undefined) throw cause;
    const message = `Expected a Parquet file in s3://${bucket}/${key} but ${why}: correct \`keysFrom\`.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user', cause });
  }
}
