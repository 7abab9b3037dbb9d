import { calibrate, inAws, type MeasuredRun } from '../model/calibrate.ts';
import type { Job } from '../model/job.ts';
import { jobOfRun } from '../model/measured-job.ts';
import type { Prices } from '../prices/prices.ts';
import { type AdviceRequest, adviceRequestSchema } from '../run/advice-request.ts';
import type { Advice } from './advice.ts';
import { advise } from './advise.ts';
import type { Workload } from './candidates.ts';

/**
 * The advice that a run of both arms gives for its items: `advice` of summary.json. Of a run on the local AWS only the time
 * of an item is taken, since the rest of it says nothing of an account.
 *
 * @throws FanfleetError what `calibrate` throws: that not both arms were measured is to be known before
 */
export function adviceOfRun(
  run: MeasuredRun,
  prices: Prices,
  request: AdviceRequest = adviceRequestSchema.parse({}),
): Advice {
  const job = jobOfRun(run);
  const calibrations = [inAws(calibrate(run), job.engine)];
  // Whoever asks for advice need not have functions that are warm.
  const workload = { ...workloadOf(job), warm: false };
  return advise({ workload, fixed: {}, calibrations, prices }, request);
}

/** The parts of a job that no advice can change. */
export function workloadOf(job: Job): Workload {
  const { items, bytesPerItem, workload, stages, storage, packed, partitions } = job;
  const { accountConcurrency, warm, interruptionsPerHour } = job;
  return {
    items,
    bytesPerItem,
    workload,
    stages,
    storage,
    packed,
    partitions,
    accountConcurrency,
    warm,
    interruptionsPerHour,
  };
}
