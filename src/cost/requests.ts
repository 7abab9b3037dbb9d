import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import type { Arm } from '../contract/arm.ts';
import { expectedBatches } from '../plan/batch-counts.ts';
import { putsPerItem, WORKLOADS } from '../workloads/facts.ts';
import type { WorkloadName } from '../workloads/names.ts';
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

/**
 * GETs of whoever reduces stages, beside the files of the batches: once, and for each stage. The function reads the list of inputs and
 * the first reduced.json; then whether the stage is reduced, the stage before, its state and the plan. The head reads the list, the first
 * reduced.json and the manifest; then the state.
 */
const REDUCE_GETS = {
  serverless: { once: 2, each: 4 },
  fleet: { once: 3, each: 1 },
} as const satisfies Record<Arm, object>;
/** outcome.json and reduced.json. */
const PUTS_PER_REDUCE = 2;
/** The head of a fleet, for each stage beyond the first: seen.jsonl and leases.jsonl, and two last looks. */
const PUTS_PER_LATER_STAGE = 2;
const LISTS_PER_LATER_STAGE = 2;

/** Requests for adding up so many stages, each of so many batches. */
export function reduceRequests(
  arm: Arm,
  { stages, batches }: { readonly stages: number; readonly batches: number },
): { readonly gets: number; readonly puts: number } {
  const { once, each } = REDUCE_GETS[arm];
  return { gets: once + stages * (batches + each), puts: stages * PUTS_PER_REDUCE };
}

/** PUTs of files of images, such as normalised ones. */
export function itemPuts({ workload }: RunFacts['request'], round: ArmRound): number {
  return putsPerItem(workload.name) * (round.items - round.failedItems);
}

/**
 * GETs of the inputs of a workload, at most: each worker reads their list, and each of them; of several stages the state of each.
 *
 * @param stages of the arm; null where it is a single map
 */
export function inputGets(name: WorkloadName, workers: number, stages: number | null): number {
  if (stages !== null) return workers * stages;
  const { length } = WORKLOADS[name].inputs;
  return length === 0 ? 0 : workers * (1 + length);
}

/** Batches that `plan` would cut so many items like those of a run into. */
export function batchesFor({ plan, request }: Pick<RunFacts, 'plan' | 'request'>, items: number): number {
  return expectedBatches({ ...request, items, bytesPerItem: plan.bytes / Math.max(1, plan.items) });
}

/** What a fleet asks S3 for beside its items and what it writes of them. */
export interface FleetWork {
  readonly batches: number;
  /** From the start of the engine to its end. */
  readonly engineMs: number;
  readonly instances: readonly Pick<InstanceUsage, 'runningMs' | 'count'>[];
  /** How often the head started workers while it worked. */
  readonly workerStarts: number;
  /** How long the head of a kept fleet looked for jobs. @default 0: it was not kept */
  readonly lookedForJobsMs?: number;
  /** Of a job with several stages: so many, and the batches of each. @default it is a single map */
  readonly staged?: { readonly stages: number; readonly batches: number } | null;
}

/** Requests of a fleet, without GETs of images and PUTs of results, spans, histograms and normalised images. */
export function fleetRequests({
  batches,
  engineMs,
  instances,
  workerStarts,
  lookedForJobsMs = 0,
  staged = null,
}: FleetWork) {
  const reduces = staged === null ? { gets: 0, puts: 0 } : reduceRequests('fleet', staged);
  const later = Math.max(0, (staged?.stages ?? 1) - 1);
  let [hosts, samples] = [0, 0];
  for (const { runningMs, count = 1 } of instances) {
    hosts += count;
    samples += count * samplePuts(runningMs);
  }
  return {
    lists: LISTS_PER_FLEET + LISTS_PER_LATER_STAGE * later + Math.floor(engineMs / LOOK_EVERY_MS),
    // A worker reads each batch from the manifest, beside its items.
    gets:
      batches +
      GETS_PER_FLEET +
      GETS_PER_HOST * hosts +
      Math.floor(lookedForJobsMs / LOOK_FOR_JOBS_EVERY_MS) +
      reduces.gets,
    puts:
      PUTS_PER_FLEET +
      PUTS_PER_HOST * hosts +
      samples +
      PUTS_PER_START * workerStarts +
      reduces.puts +
      PUTS_PER_LATER_STAGE * later,
  };
}

function samplePuts(runningMs: number): number {
  const doublings = Math.max(0, Math.log2(runningMs / FIRST_HOUR_MS));
  const firstHour = Math.min(runningMs, FIRST_HOUR_MS) / SAMPLES_EVERY_MS;
  return Math.ceil(firstHour + (doublings * FIRST_HOUR_MS) / (2 * SAMPLES_EVERY_MS));
}
