import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { parse } from '../src/parse.ts';
import { plan } from '../src/plan/plan.ts';
import { takeOver } from '../src/plan/take-over.ts';
import { type Run, runSchema } from '../src/run/run.ts';
import { processClock } from './process.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });
/** So many batches per worker that runs at once, so that a slow one does not hold up the rest. */
const BATCHES_PER_WORKER = 4;
/** Beyond this a batch per image would cost more in requests than it gains in spread. */
const MOST_MIN_BATCHES = 200;

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
  return plan({
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
}
