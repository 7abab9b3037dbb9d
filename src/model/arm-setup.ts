import { EC2_LIMITS, LAMBDA_LIMITS, S3_LIMITS, STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';
import { BESIDE_THE_MAP } from '../contract/account-limit.ts';
import type { Arm } from '../contract/arm.ts';
import { SLICE_BYTES } from '../dataset/reads.ts';
import { expectedBatches } from '../plan/batch-counts.ts';
import { putsPerBatch, putsPerItem, WORKLOADS } from '../workloads/facts.ts';
import type {
  Calibration,
  FleetCalibration,
  Kept,
  ServerlessCalibration,
  StageCalibration,
  Work,
} from './calibration.ts';
import type { Job } from './job.ts';
import { SPOT_INTERRUPTIONS_PER_HOUR } from './parameters.ts';

/**
 * One arm as a queue of equal batches before a number of slots: what both the closed form (`estimate.ts`) and the
 * simulation (`simulation/`) work on. Times are milliseconds from the start of the arm.
 */
export interface ArmSetup {
  readonly arm: Arm;
  readonly label: string;
  readonly items: number;
  readonly batches: number;
  /** Batches at once, and the name of what allows no more. */
  readonly slots: number;
  readonly slotsLimit: string;
  /** When the first slots are there; so many of them, and so many more per second after that. */
  readonly firstMs: number;
  readonly slotsAtOnce: number;
  readonly slotsPerSecond: number;
  /** What a slot takes before its first batch, and its spread (standard deviation of the logarithm). */
  readonly slotStartMs: number;
  readonly slotStartSpread: number;
  /** A batch that is read, with what comes between it and the next one; and that alone, in which a function is not billed. */
  readonly batchMs: number;
  readonly dispatchMs: number;
  /** Whether images come more slowly than they are decoded. */
  readonly waitsForS3: boolean;
  /** Standard deviation of the time of a batch over its mean. */
  readonly spread: number;
  /** Most batches that are handed out per second; infinite where there is no limit. */
  readonly startsPerSecond: number;
  /** Requests of a batch, and how many of them S3 takes per second. A slot has so many GETs under way. */
  readonly gets: number;
  readonly puts: number;
  readonly getsPerSecond: number;
  readonly putsPerSecond: number;
  readonly getsAtOnce: number;
  /** How often all batches are done, one time after the other; after each comes this, of which the reduce is a part. */
  readonly stages: number;
  /** A batch of a stage after the first: the mean of those that are read and those that are in memory. */
  readonly later: { readonly batchMs: number; readonly gets: number };
  readonly stageMs: number;
  readonly reduceMs: number;
  /** A batch that takes longer fails. */
  readonly mostBatchMs: number;
  /** From the end of the last batch to the end of the arm. */
  readonly endMs: number;
  /** Fleet: its workers; null for functions. */
  readonly hosts: Hosts | null;
}

export interface Hosts {
  readonly count: number;
  readonly slotsEach: number;
  /** When the head has waited for all of them, without their spread; and the spread of one host's boot. */
  readonly bootMs: number;
  readonly bootSpread: number;
  /** Expected interruptions of one worker in a millisecond; 0 for On-Demand. */
  readonly interruptionsPerMs: number;
  readonly noticeMs: number;
}

/** vCPUs of a function with this memory. */
export function vcpusOf(memoryMb: number): number {
  return Math.min(LAMBDA_LIMITS.mostVcpus, memoryMb / LAMBDA_LIMITS.memoryPerVcpuMb);
}

/** What a run of both arms has in the account: one function is left to the fleet's own (src/run/account-limit.ts). */
export function roomIn({ concurrency, accountConcurrency }: Job): number {
  return accountConcurrency < concurrency
    ? Math.max(1, accountConcurrency - BESIDE_THE_MAP)
    : accountConcurrency;
}

/** The serverless arm of a job. */
export function serverlessSetup(
  job: Job,
  calibration: Calibration,
  { work, stage, startMs, endMs, coldStartMs, coldStartSpread }: ServerlessCalibration,
): ArmSetup {
  const batches = expectedBatches(job);
  const bounds: [number, string][] = [
    [job.concurrency, 'concurrency'],
    [roomIn(job), 'account concurrency'],
    [STEP_FUNCTIONS_LIMITS.mapConcurrency, 'Map Run concurrency'],
  ];
  const [slots, slotsLimit] = bounds.reduce((least, bound) => (bound[0] < least[0] ? bound : least));
  const offline = calibration.sharedCores !== null;
  return {
    ...common(job, calibration, work, { batches, slots, vcpus: vcpusOf(job.memory) }),
    ...stagesOf(job, stage, batches),
    arm: 'serverless',
    label: `Lambda, ${job.memory} MB, ${job.architecture}`,
    slots,
    slotsLimit,
    firstMs: startMs,
    slotsAtOnce: offline ? slots : LAMBDA_LIMITS.environmentsAtOnce,
    slotsPerSecond: LAMBDA_LIMITS.environmentsPerSecond,
    slotStartMs: job.warm ? 0 : coldStartMs + modelStartMs(job, calibration),
    slotStartSpread: coldStartSpread,
    startsPerSecond: offline ? Number.POSITIVE_INFINITY : STEP_FUNCTIONS_LIMITS.expressStartsPerSecond,
    // The time limit of `measure` (serverless.yml) is that of an Express execution.
    mostBatchMs: STEP_FUNCTIONS_LIMITS.expressSeconds * 1000,
    endMs,
    hosts: null,
  };
}

/** What making the session of a model takes more than in the job that was measured, whose first batches have theirs. */
function modelStartMs({ workload, memory }: Job, { workload: measured }: Calibration): number {
  const cpuMs = WORKLOADS[workload].startMs - WORKLOADS[measured].startMs;
  return Math.max(0, cpuMs) / Math.min(1, vcpusOf(memory));
}

/**
 * The fleet arm of a job.
 *
 * @param vcpus of one instance of the job's type
 */
export function fleetSetup(
  job: Job,
  calibration: Calibration,
  { work, stage, instanceType, slotsPerWorker, bootMs, bootSpread, engineStartMs, endMs }: FleetCalibration,
  vcpus: number,
): ArmSetup {
  const batches = expectedBatches(job);
  const slotsEach = instanceType === job.instanceType && slotsPerWorker !== null ? slotsPerWorker : vcpus;
  const slots = job.workers * slotsEach;
  const rate = job.interruptionsPerHour ?? SPOT_INTERRUPTIONS_PER_HOUR;
  return {
    ...common(job, calibration, work, { batches, slots, vcpus: 1 }),
    ...stagesOf(job, stage, batches),
    arm: 'fleet',
    label: `${job.workers} x ${job.instanceType}, ${job.engine}${job.market === 'spot' ? ', Spot' : ''}`,
    slots,
    slotsLimit: 'workers',
    firstMs: bootMs + engineStartMs,
    slotsAtOnce: slots,
    slotsPerSecond: 0,
    slotStartMs: 0,
    slotStartSpread: 0,
    startsPerSecond: Number.POSITIVE_INFINITY,
    mostBatchMs: Number.POSITIVE_INFINITY,
    endMs,
    hosts: {
      count: job.workers,
      slotsEach,
      bootMs,
      bootSpread,
      interruptionsPerMs: job.market === 'spot' ? rate / 3_600_000 : 0,
      noticeMs: EC2_LIMITS.spotNoticeSeconds * 1000,
    },
  };
}

/** When slot `k`, from 0, can take its first batch, from when the first slots are there. */
export function slotReadyMs({ slotsAtOnce, slotsPerSecond, slotStartMs }: ArmSetup, k: number): number {
  return slotStartMs + (Math.max(0, k + 1 - slotsAtOnce) * 1000) / Math.max(slotsPerSecond, Number.MIN_VALUE);
}

function stagesOf({ stages }: Job, { betweenMs, reduceBatchMs }: StageCalibration, batches: number) {
  if (stages === null) return { stages: 1, stageMs: 0, reduceMs: 0 };
  const reduceMs = batches * reduceBatchMs;
  return { stages, stageMs: betweenMs + reduceMs, reduceMs };
}

interface Slots {
  readonly batches: number;
  readonly slots: number;
  /** Of one slot. */
  readonly vcpus: number;
}

function common(job: Job, calibration: Calibration, work: Work, { batches, slots, vcpus }: Slots) {
  const perBatch = job.items / batches;
  const gets = job.packed ? Math.max(1, (perBatch * job.bytesPerItem) / SLICE_BYTES) : perBatch;
  const at = { vcpus, atOnce: Math.min(slots, batches) };
  const processMs = scaledMs(job, calibration, work.itemMs * work.vcpus, at);
  const loadMs = (work.getMs * gets) / perBatch / work.getsAtOnce;
  const batchMs = perBatch * Math.max(processMs, loadMs) + work.batchMs + work.dispatchMs;
  const keptMs = ({ itemMs, batchMs }: Kept) =>
    perBatch * scaledMs(job, calibration, itemMs * work.vcpus, at) + batchMs + work.dispatchMs;
  return {
    items: job.items,
    batches,
    batchMs,
    dispatchMs: work.dispatchMs,
    waitsForS3: loadMs > processMs,
    spread: work.spread,
    gets,
    // What a run with one stage after the other kept in memory says nothing of a single map.
    later: laterOf({ batchMs, gets }, job.stages === null ? null : work.kept, keptMs),
    puts: putsPerBatch(job.workload) + putsPerItem(job.workload) * perBatch,
    getsPerSecond: S3_LIMITS.getsPerSecond * job.partitions,
    putsPerSecond: S3_LIMITS.putsPerSecond,
    getsAtOnce: work.getsAtOnce,
  };
}

function laterOf(read: ArmSetup['later'], kept: Kept | null, keptMs: (kept: Kept) => number) {
  if (kept === null) return read;
  return {
    batchMs: kept.part * keptMs(kept) + (1 - kept.part) * read.batchMs,
    gets: (1 - kept.part) * read.gets,
  };
}

/**
 * Wall time of an item in one slot. Decoding grows with the bytes; more vCPUs do several items at once. Slots beyond the
 * cores of a machine that all share slow each other down.
 *
 * @param vcpuMs that were measured, on one vCPU
 */
function scaledMs(
  { bytesPerItem, workload }: Job,
  { bytesPerItem: measured, workload: done, sharedCores }: Calibration,
  vcpuMs: number,
  { vcpus, atOnce }: { readonly vcpus: number; readonly atOnce: number },
): number {
  const bytes = bytesPerItem / measured;
  const factor = WORKLOADS[workload].cpu / WORKLOADS[done].cpu;
  return (vcpuMs * bytes * factor) / (sharedCores === null ? vcpus : Math.min(1, sharedCores / atOnce));
}
