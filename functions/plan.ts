import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { parse } from '../src/parse.ts';
import { minBatchesFor } from '../src/plan/batch-counts.ts';
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

function planAnew(run: Run) {
  const shards = shardsOf(run.workload);
  return plan({
    s3: run.requesterPays ? createS3({ region, endpoint, requesterPays: true }) : s3,
    dataBucket: run.bucket,
    prefix: run.prefix,
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
