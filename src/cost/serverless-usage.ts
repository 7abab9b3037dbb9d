import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import { MANIFEST_BYTES_PER_IMAGE } from '../plan/batch-counts.ts';
import { putsPerBatch } from '../workloads/facts.ts';
import { architectureOf, LOG_BYTES_PER_CALL, MEASURE_METRICS } from './functions.ts';
import { batchesFor, ITEM_READER_GETS, imagePuts, inputGets, RESULT_WRITER_PUTS } from './requests.ts';
import { classShares, readsOf } from './storage-classes.ts';
import { TRANSITIONS } from './transitions.ts';
import type { ServerlessUsage } from './usage.ts';
import { STORED_DAYS } from './usage.ts';

const HOUR_MS = 3_600_000;

/**
 * What the serverless arm used in a round, from its spans; or would have used for another number of images like these.
 *
 * For more images the work of an image stays the same. There are as many batches as `plan` would cut, and so are
 * requests and what each waits for; and as many cold starts as environments run at once.
 *
 * @param images @default those of the round, as measured
 * @returns null where the round has no spans or does not tell what it used
 */
export function serverlessUsage(run: RunFacts, round: ArmRound, images?: number): ServerlessUsage | null {
  const { work, use } = round;
  if (work === null || use === null) return null;
  const factor = images === undefined ? 1 : images / Math.max(1, round.images);
  const batches = images === undefined ? work.spans : batchesFor(run, images);
  const coldStarts = images === undefined ? work.coldStarts : Math.min(batches, run.request.concurrency);
  const coldMs = (work.coldStartMs / Math.max(1, work.coldStarts)) * coldStarts;
  const billedMs = (work.billedMs - work.coldStartMs) * factor + coldMs;
  const waitedMs = Math.max(0, use.expressMs - work.billedMs) / work.spans;
  // One that another run did is asked for, too.
  const invocations = batches + round.batchesTakenOver;
  const hours =
    images === undefined ? (round.wallMs ?? 0) / HOUR_MS : billedMs / run.request.concurrency / HOUR_MS;
  return {
    architecture: architectureOf(run.environment),
    memoryMb: run.request.memory,
    invocations,
    billedMs,
    stateTransitions: TRANSITIONS.serverlessBranch + invocations,
    expressRequests: invocations,
    expressMs: billedMs + waitedMs * batches,
    s3: {
      lists: 0,
      gets:
        use.gets * factor +
        ITEM_READER_GETS +
        (run.request.resume === null ? 0 : invocations) +
        inputGets(run.request, images === undefined ? work.workerCount : coldStarts),
      puts:
        putsPerBatch(run.request.workload.name) * batches +
        imagePuts(run.request, round) * factor +
        RESULT_WRITER_PUTS,
      storedBytes: (use.storedBytes + MANIFEST_BYTES_PER_IMAGE * round.images) * factor,
      storedDays: STORED_DAYS,
      readBytes: round.bytes * factor,
      classes: readsOf(classShares(run.plan.storageClasses), use.gets * factor, round.bytes * factor),
    },
    logBytes: LOG_BYTES_PER_CALL * invocations,
    metricHours: MEASURE_METRICS * Math.max(1, Math.ceil(hours)),
  };
}
