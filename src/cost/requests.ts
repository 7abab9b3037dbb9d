import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import { expectedBatches } from '../plan/batch-counts.ts';
import { putsPerImage, WORKLOADS } from '../workloads/facts.ts';
import type { InstanceUsage } from './usage.ts';

/** The map reads the manifest. */
export const ITEM_READER_GETS = 1;
/** Its ResultWriter leaves a manifest of its own and a file of the children that succeeded, with their inputs. */
export const RESULT_WRITER_PUTS = 2;

/** A host puts its samples every 5 s in its first hour, and then as often in each doubling as in half an hour. */
const SAMPLES_EVERY_MS = 5_000;
const FIRST_HOUR_MS = 3_600_000;
/** The bundle, and its report to the head. */
const GETS_PER_HOST = 2;
/** How its boot went. */
const PUTS_PER_HOST = 1;
/** Each time the head starts workers: starts.json before it asks EC2 and after its answer. */
const PUTS_PER_START = 2;
/** The bundle if it is new, workers.json, seen.jsonl, arm.json, instances.json; head.json and leases.jsonl of `grpc`. */
const PUTS_PER_FLEET = 7;
/** The head reads the manifest. */
const GETS_PER_FLEET = 1;
/**
 * The head lists the spans so often to see whether the engine gets on (ec2-workers/fanfleet/engine_run.py): a page behind those
 * that are all done (seen_batches.py).
 */
const LOOK_EVERY_MS = 2_000;
/** ec2-workers/fanfleet/job_queue.py. */
const LOOK_FOR_JOBS_EVERY_MS = 250;
/** Before and after: the reports of the hosts, and two last looks. */
const LISTS_PER_FLEET = 3;

/** PUTs of files of images, such as normalised ones. */
export function imagePuts({ workload }: RunFacts['request'], round: ArmRound): number {
  return putsPerImage(workload.name) * (round.images - round.failedImages);
}

/** GETs of the inputs of a workload, at most: each worker reads their list, and each of them. */
export function inputGets({ workload }: RunFacts['request'], workers: number): number {
  const { length } = WORKLOADS[workload.name].inputs;
  return length === 0 ? 0 : workers * (1 + length);
}

/** Batches that `plan` would cut so many images like those of a run into. */
export function batchesFor({ plan, request }: Pick<RunFacts, 'plan' | 'request'>, images: number): number {
  return expectedBatches({ ...request, images, bytesPerImage: plan.bytes / Math.max(1, plan.images) });
}

/** What a fleet asks S3 for beside its images and what it writes of them. */
export interface FleetWork {
  readonly batches: number;
  /** From the start of the engine to its end. */
  readonly engineMs: number;
  readonly instances: readonly Pick<InstanceUsage, 'runningMs' | 'count'>[];
  /** How often the head started workers while it worked. */
  readonly workerStarts: number;
  /** How long the head of a kept fleet looked for jobs. @default 0: it was not kept */
  readonly lookedForJobsMs?: number;
}

/** Requests of a fleet, without GETs of images and PUTs of results, spans, histograms and normalised images. */
export function fleetRequests({
  batches,
  engineMs,
  instances,
  workerStarts,
  lookedForJobsMs = 0,
}: FleetWork) {
  let [hosts, samples] = [0, 0];
  for (const { runningMs, count = 1 } of instances) {
    hosts += count;
    samples += count * samplePuts(runningMs);
  }
  return {
    lists: LISTS_PER_FLEET + Math.floor(engineMs / LOOK_EVERY_MS),
    // A worker reads each batch from the manifest, beside its images.
    gets:
      batches + GETS_PER_FLEET + GETS_PER_HOST * hosts + Math.floor(lookedForJobsMs / LOOK_FOR_JOBS_EVERY_MS),
    puts: PUTS_PER_FLEET + PUTS_PER_HOST * hosts + samples + PUTS_PER_START * workerStarts,
  };
}

function samplePuts(runningMs: number): number {
  const doublings = Math.max(0, Math.log2(runningMs / FIRST_HOUR_MS));
  const firstHour = Math.min(runningMs, FIRST_HOUR_MS) / SAMPLES_EVERY_MS;
  return Math.ceil(firstHour + (doublings * FIRST_HOUR_MS) / (2 * SAMPLES_EVERY_MS));
}
