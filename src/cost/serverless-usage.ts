import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import { MANIFEST_BYTES_PER_IMAGE } from '../plan/batch-counts.ts';
import { putsPerBatch } from '../workloads/facts.ts';
import { architectureOf, calls, LOG_BYTES_PER_CALL, MEASURE_METRICS } from './functions.ts';
import {
  batchesFor,
  ITEM_READER_GETS,
  inputGets,
  itemPuts,
  RESULT_WRITER_PUTS,
  reduceRequests,
} from './requests.ts';
import { branchTransitions, mapsOf } from './stages.ts';
import { classShares, readsOf } from './storage-classes.ts';
import type { ServerlessUsage } from './usage.ts';
import { STORED_DAYS } from './usage.ts';

const HOUR_MS = 3_600_000;

/**
 * What the serverless arm used in a round, from its spans; or would have used for another number of items like these.
 *
 * For more items the work of an item stays the same. There are as many batches as `plan` would cut, and so are
 * requests and what each waits for; and as many cold starts as environments run at once.
 *
 * @param items @default those of the round, as measured
 * @returns null where the round has no spans or does not tell what it used
 */
export function serverlessUsage(run: RunFacts, round: ArmRound, items?: number): ServerlessUsage | null {
  const { work, use } = round;
  if (work === null || use === null) return null;
  const { name } = run.request.workload;
  const { isStaged, maps, reduces, reduceMs, takenOver } = mapsOf(round);
  const factor = items === undefined ? 1 : items / Math.max(1, round.items);
  const ofOneMap = items === undefined ? run.plan.batches : batchesFor(run, items);
  const batches = items === undefined ? work.spans : maps * ofOneMap;
  const coldStarts = items === undefined ? work.coldStarts : Math.min(ofOneMap, run.request.concurrency);
  const coldMs = (work.coldStartMs / Math.max(1, work.coldStarts)) * coldStarts;
  const billedMs = (work.billedMs - work.coldStartMs) * factor + coldMs;
  const waitedMs = Math.max(0, use.expressMs - work.billedMs) / work.spans;
  // One that another run did is asked for, too.
  const invocations = batches + takenOver;
  // Its span, and then the rest of what it left.
  const resumeGets = invocations + takenOver * (putsPerBatch(name) - 1);
  const reduceAsks = isStaged
    ? reduceRequests('serverless', { stages: reduces, batches: ofOneMap })
    : { gets: 0, puts: 0 };
  // One call finds the first stage. Of more batches each reduce reads more files.
  const reduce = isStaged
    ? calls('reduce', run.environment, (reduceMs * ofOneMap) / Math.max(1, run.plan.batches), reduces + 1)
    : null;
  const hours =
    items === undefined ? (round.wallMs ?? 0) / HOUR_MS : billedMs / run.request.concurrency / HOUR_MS;
  return {
    architecture: architectureOf(run.environment),
    memoryMb: run.request.memory,
    invocations,
    billedMs,
    reduce,
    stateTransitions: branchTransitions({ isStaged, maps }) + invocations,
    expressRequests: invocations,
    expressMs: billedMs + waitedMs * batches,
    s3: {
      lists: 0,
      gets:
        use.gets * factor +
        ITEM_READER_GETS * maps +
        (run.request.resume === null ? 0 : resumeGets) +
        inputGets(name, items === undefined ? work.workerCount : coldStarts, isStaged ? maps : null) +
        reduceAsks.gets,
      puts:
        putsPerBatch(name) * batches +
        itemPuts(run.request, round) * factor +
        RESULT_WRITER_PUTS * maps +
        reduceAsks.puts,
      storedBytes: (use.storedBytes + MANIFEST_BYTES_PER_IMAGE * round.items) * factor,
      storedDays: STORED_DAYS,
      readBytes: round.bytes * factor,
      classes: readsOf(classShares(run.plan.storageClasses), use.gets * factor, round.bytes * factor),
    },
    logBytes: LOG_BYTES_PER_CALL * (invocations + (reduce?.invocations ?? 0)),
    metricHours: MEASURE_METRICS * Math.max(1, Math.ceil(hours)),
  };
}
