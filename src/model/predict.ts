import { CONCURRENCY_QUOTA, LAMBDA_LIMITS, S3_LIMITS, STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';
import type { Arm } from '../contract/arm.ts';
import { fleetBill, serverlessBill } from '../cost/arm-bills.ts';
import type { Bill } from '../cost/bill.ts';
import { itemCount } from '../format.ts';
import { expectedBatches, MANIFEST_BYTES_PER_IMAGE } from '../plan/batch-counts.ts';
import { instancePrice, type Prices } from '../prices/prices.ts';
import { unitOf } from '../workloads/facts.ts';
import { type ArmSetup, fleetSetup, roomIn, serverlessSetup } from './arm-setup.ts';
import type { Calibration } from './calibration.ts';
import { type Estimate, estimate } from './estimate.ts';
import type { Job } from './job.ts';
import { RUN } from './parameters.ts';
import { fleetUse, serverlessUse, type Taken } from './usage.ts';

/** `plan` and `aggregate` have the longest timeout of a function (serverless.yml). */
const FUNCTION_MS = LAMBDA_LIMITS.timeoutSeconds * 1000;

/** Time and bill of an arm before it runs. */
export interface Prediction {
  readonly arm: Arm;
  readonly label: string;
  readonly items: number;
  /** From the start of the arm to its end. */
  readonly seconds: number;
  readonly usd: number;
  readonly bill: Bill;
  /** What keeps it from being faster. */
  readonly limit: string;
  readonly estimate: Estimate;
}

/**
 * The arms of a job that the calibration knows.
 *
 * @throws FanfleetError `PRICES_MISSING` for an instance type without a price: it is not known what it is
 */
export function setupsOf(job: Job, calibration: Calibration, prices: Prices): ArmSetup[] {
  const { serverless, fleet } = calibration;
  return [
    ...(serverless === null ? [] : [serverlessSetup(job, calibration, serverless)]),
    ...(fleet === null
      ? []
      : [fleetSetup(job, calibration, fleet, instancePrice(prices, job.instanceType).vcpus)]),
  ];
}

/** Both arms by the closed form. */
export function predict(job: Job, calibration: Calibration, prices: Prices): Prediction[] {
  return setupsOf(job, calibration, prices).map((setup) => predictArm(job, setup, prices));
}

/** One arm of a job by the closed form. */
export function predictArm(job: Job, setup: ArmSetup, prices: Prices): Prediction {
  const found = estimate(setup);
  const bill = billOfArm(job, setup, found, prices);
  return {
    arm: setup.arm,
    label: setup.label,
    items: setup.items,
    seconds: found.wallMs / 1000,
    usd: bill.usd,
    bill,
    limit: found.limit,
    estimate: found,
  };
}

export function billOfArm(job: Job, setup: ArmSetup, taken: Taken, prices: Prices): Bill {
  return setup.arm === 'serverless'
    ? serverlessBill(serverlessUse(job, setup, taken), prices)
    : fleetBill(fleetUse(job, setup, taken), prices);
}

/**
 * What a run takes beside its arms, in milliseconds: the listing grows with the keys, the aggregate with the rows, and with the
 * spans of stages whose rows do not count.
 */
export function aroundArms(job: Job): {
  planMs: number;
  aggregateMs: number;
  fixedMs: number;
} {
  const { items, stages } = job;
  const spans = stages === null ? 0 : (stages - 1) * expectedBatches(job);
  return {
    planMs: Math.ceil(items / S3_LIMITS.keysPerList) * RUN.listPageMs,
    aggregateMs: items * RUN.aggregateMsPerImage + spans * RUN.aggregateMsPerSpan,
    fixedMs: RUN.fixedMs,
  };
}

/** Why the job cannot be one run as it is, or will not go as smoothly as the figures say; empty where all is well. */
export function problemsOf(job: Job, setups: readonly ArmSetup[]): string[] {
  const { planMs, aggregateMs } = aroundArms(job);
  const problems: string[] = [];
  const over = (what: string, ms: number) =>
    problems.push(
      `${what} would take ${Math.round(ms / 1000)} s, and a function has ${LAMBDA_LIMITS.timeoutSeconds} s: split the prefix into ${Math.ceil(ms / FUNCTION_MS)} runs or more.`,
    );
  if (planMs > FUNCTION_MS) over('The listing', planMs);
  if (aggregateMs > FUNCTION_MS) over('The aggregate', aggregateMs);
  const reduceMs = setups.find(({ arm }) => arm === 'serverless')?.reduceMs ?? 0;
  if (reduceMs > FUNCTION_MS) over('The reduce of a stage', reduceMs);
  const manifest = job.items * MANIFEST_BYTES_PER_IMAGE;
  if (manifest > STEP_FUNCTIONS_LIMITS.itemFileBytes) {
    problems.push(
      `The manifest would have ${Math.round(manifest / 1e9)} GB, and a Distributed Map reads ${STEP_FUNCTIONS_LIMITS.itemFileBytes / 1e9} GB: split the prefix.`,
    );
  }
  for (const { mostBatchMs, batchMs, items, batches } of setups) {
    if (batchMs <= mostBatchMs) continue;
    const fits = Math.max(1, Math.floor((items / batches) * (mostBatchMs / batchMs)));
    problems.push(
      `A batch would take ${Math.round(batchMs / 1000)} s, and a function has ${mostBatchMs / 1000} s: at most ${itemCount(fits, unitOf(job.workload))} in a batch.`,
    );
  }
  if (job.concurrency > job.accountConcurrency) {
    problems.push(
      `The account runs ${job.accountConcurrency} functions at once and the map asks for ${job.concurrency}: a run has ${roomIn(job)} batches at work. Ask for more by the quota ${CONCURRENCY_QUOTA} of Service Quotas.`,
    );
  }
  return problems;
}
