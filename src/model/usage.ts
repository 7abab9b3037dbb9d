import { FUNCTION_MEMORY, LOG_BYTES_PER_CALL, MEASURE_METRICS } from '../cost/functions.ts';
import {
  fleetRequests,
  ITEM_READER_GETS,
  inputGets,
  RESULT_WRITER_PUTS,
  reduceRequests,
} from '../cost/requests.ts';
import { branchTransitions } from '../cost/stages.ts';
import { readsOf } from '../cost/storage-classes.ts';
import { TRANSITIONS } from '../cost/transitions.ts';
import type { FleetUsage, FunctionUsage, InstanceUsage, S3Usage, ServerlessUsage } from '../cost/usage.ts';
import { STORED_DAYS } from '../cost/usage.ts';
import { ROOT_VOLUME_GIB } from '../fleet/root-volume.ts';
import { MANIFEST_BYTES_PER_IMAGE } from '../plan/batch-counts.ts';
import type { ArmSetup } from './arm-setup.ts';
import type { Job } from './job.ts';

/** What an arm took, by the closed form or the simulation. Times are milliseconds. */
export interface Taken {
  readonly wallMs: number;
  /** Time of all batches, with the starts of slots. */
  readonly busyMs: number;
}

const HOUR_MS = 3_600_000;
/** A result row and the part of a span that is an item's: bytes in S3, from runs of the sample set. */
const STORED_BYTES_PER_IMAGE = 300;
/** launch-fleet waits until the instances are there, terminate-fleet until they are gone. */
const LAUNCH_MS = 10_000;

/** What the serverless arm would use: what `serverlessUsage` of src/cost counts of a measured one. */
export function serverlessUse(job: Job, setup: ArmSetup, { busyMs, wallMs }: Taken): ServerlessUsage {
  const { dispatchMs, stages } = setup;
  const isStaged = job.stages !== null;
  const batches = stages * setup.batches;
  const reduces = isStaged
    ? reduceRequests('serverless', { stages, batches: setup.batches })
    : { gets: 0, puts: 0 };
  const states = isStaged ? inputGets(job.workload, Math.min(setup.slots, setup.batches), stages) : 0;
  return {
    architecture: job.architecture,
    memoryMb: job.memory,
    invocations: batches,
    billedMs: Math.max(0, busyMs - batches * dispatchMs),
    reduce: isStaged ? helper(job, 'reduce', stages * setup.reduceMs, stages + 1) : null,
    stateTransitions: branchTransitions({ isStaged, maps: stages }) + batches,
    expressRequests: batches,
    // Each is rounded up to 100 ms, which is half of it on the average.
    expressMs: busyMs + 50 * batches,
    s3: s3Use(job, setup, {
      lists: 0,
      gets: stages * ITEM_READER_GETS + reduces.gets + states,
      puts: stages * RESULT_WRITER_PUTS + reduces.puts,
    }),
    logBytes: LOG_BYTES_PER_CALL * (batches + (isStaged ? stages + 1 : 0)),
    metricHours: MEASURE_METRICS * Math.max(1, Math.ceil(wallMs / HOUR_MS)),
  };
}

/**
 * What the fleet arm would use. Instances run for the whole arm; workers' processors are busy with the batches, which is what
 * T types are billed for beyond their baseline.
 */
export function fleetUse(job: Job, setup: ArmSetup, { wallMs, busyMs }: Taken): FleetUsage {
  const instance = { type: job.instanceType, runningMs: wallMs, volumeGib: ROOT_VOLUME_GIB };
  const head: InstanceUsage = { ...instance, role: 'head', market: 'on-demand', cpuMs: null };
  const worker: InstanceUsage = {
    ...instance,
    role: 'worker',
    market: job.market,
    cpuMs: busyMs / job.workers,
    count: job.workers,
  };
  const count = job.workers + 1;
  const instances = [head, worker];
  const requests = fleetRequests({
    batches: setup.stages * setup.batches,
    staged: job.stages === null ? null : { stages: setup.stages, batches: setup.batches },
    engineMs: Math.max(0, wallMs - setup.firstMs - setup.endMs),
    instances,
    // A head that starts workers is not foreseen.
    workerStarts: 0,
  });
  return {
    instances,
    publicIps: count,
    stateTransitions: TRANSITIONS.fleetBranch,
    functions: [helper(job, 'launchFleet', LAUNCH_MS), helper(job, 'terminateFleet', setup.endMs)],
    s3: s3Use(job, setup, requests),
    logBytes: 2 * LOG_BYTES_PER_CALL,
    kmsRequests: 1 + count,
  };
}

/** @param beside what is asked for beside items and batches */
function s3Use(job: Job, setup: ArmSetup, beside: Pick<S3Usage, 'lists' | 'gets' | 'puts'>): S3Usage {
  const { stages, gets, later } = setup;
  const readings = 1 + (stages - 1) * (later.gets / gets);
  const itemGets = readings * setup.batches * gets;
  const readBytes = readings * job.items * job.bytesPerItem;
  return {
    lists: beside.lists,
    gets: itemGets + beside.gets,
    puts: stages * setup.batches * setup.puts + beside.puts,
    storedBytes: job.items * (stages * STORED_BYTES_PER_IMAGE + MANIFEST_BYTES_PER_IMAGE),
    storedDays: STORED_DAYS,
    readBytes,
    classes: readsOf(job.storage, itemGets, readBytes),
  };
}

function helper(
  { architecture }: Job,
  name: keyof typeof FUNCTION_MEMORY,
  billedMs: number,
  invocations = 1,
): FunctionUsage {
  return { architecture, memoryMb: FUNCTION_MEMORY[name], invocations, billedMs };
}
