import * as z from 'zod';
import { createS3 } from '../src/aws/s3.ts';
import { parse } from '../src/parse.ts';
import { plan } from '../src/plan/plan.ts';
import { runSchema } from '../src/run/run.ts';
import { processClock } from './process.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });
/** So many batches per worker that runs at once, so that a slow one does not hold up the rest. */
const BATCHES_PER_WORKER = 4;
/** Beyond this a batch per image would cost more in requests than it gains in spread. */
const MOST_MIN_BATCHES = 200;

/** List the prefix once and cut it into the batches that both arms work on. */
export const main = handler('plan', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of plan');
  const found = await plan({
    s3,
    dataBucket: run.bucket,
    prefix: run.prefix,
    filter: run.filter,
    runsBucket: run.runsBucket,
    runId: run.runId,
    batchSize: run.batchSize,
    minBatches: Math.min(MOST_MIN_BATCHES, BATCHES_PER_WORKER * Math.max(run.workers, run.concurrency)),
    clock: processClock.now,
  });
  logger.info('planned', { runId: run.runId, ...found });
  return found;
});
