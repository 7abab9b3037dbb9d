import type { ArmRound, RunFacts } from '../aggregate/run-facts.ts';
import { ARMS, type Arm } from '../contract/arm.ts';
import { DEFAULT_ENGINE, engineSchema } from '../contract/engines.ts';
import { isOneKernel } from '../contract/one-kernel.ts';
import { GETS_AT_ONCE } from '../dataset/reads.ts';
import { FanfleetError } from '../errors.ts';
import { itemCount } from '../format.ts';
import { kernelsOfArms } from '../kernels-text.ts';
import type { Timeline } from '../timing/timeline.ts';
import { unitOf } from '../workloads/facts.ts';
import { vcpusOf } from './arm-setup.ts';
import type {
  Calibration,
  FleetCalibration,
  Kept,
  ServerlessCalibration,
  StageCalibration,
  Work,
} from './calibration.ts';
import { defaultCalibration } from './parameters.ts';

/** What a summary says of the run that a calibration rests on. */
export interface MeasuredRun
  extends Pick<RunFacts, 'startedAt' | 'request' | 'plan' | 'environment' | 'rounds'> {
  readonly runId: string;
  readonly arms: readonly { readonly arm: Arm; readonly shownRound: number | null }[];
  readonly timelines: readonly (Timeline & { readonly arm: Arm; readonly round: number })[];
}

/** Of batches, where there are too few of them to say how they differ. */
const USUAL_SPREAD = 0.1;
/** Of hosts, where there are too few of them. */
const USUAL_BOOT_SPREAD = 0.05;

/**
 * The figures of a measured run: each arm by its shown round, or null where it has none with spans.
 *
 * The phases are means over slots, so `phase x slots` is slot time, and that over batches or items is what one of them took.
 * Waiting for bytes is of two kinds: for the first item of a batch, which is about one GET and the same for batches of any
 * size; and where S3 does not keep up, which is of every item. Offline all of it is of the second kind: S3 is a process on
 * the same cores, and what a batch waits for it grows with its items (docs/model.md).
 *
 * @throws FanfleetError `NOT_MEASURED` for a run of which no arm has spans
 */
export function calibrate(run: MeasuredRun): Calibration {
  const { environment, request, plan } = run;
  const serverless = calibrateServerless(run);
  const fleet = calibrateFleet(run);
  if ((serverless === null && fleet === null) || plan.items === 0) {
    const message = `Expected a run with the times of its batches but ${run.runId} has none: take one of which an arm finished.`;
    throw new FanfleetError('NOT_MEASURED', message, { source: 'user' });
  }
  const date = new Date(run.startedAt).toISOString().slice(0, 10);
  const where = environment.offline
    ? `offline on ${environment.cores} cores that both arms share (${environment.cpuModel})`
    : `in ${environment.region}`;
  return {
    source: `run ${run.runId} of ${date}: ${itemCount(plan.items, unitOf(request.workload.name))}, ${where}`,
    differentKernels: differentKernelsOf(run),
    bytesPerItem: Math.max(1, plan.bytes / plan.items),
    workload: request.workload.name,
    sharedCores: environment.offline ? Math.max(1, environment.cores) : null,
    serverless,
    fleet,
  };
}

/**
 * What a run on the local AWS says of an account: how long an item takes a core, and how batches differ. That is its CPU
 * time: by the clock it also takes what the local AWS, on the same cores, does beside it. All else, such as boot, cold start
 * and S3, is as where nothing was measured.
 */
export function inAws(measured: Calibration, engine: FleetCalibration['engine']): Calibration {
  const usual = defaultCalibration(engine);
  if (measured.sharedCores === null) return measured;
  const workOf = (work: Work, other: Work): Work => ({
    ...other,
    itemMs: work.itemCpuMs,
    vcpus: 1,
    itemCpuMs: work.itemCpuMs,
    spread: work.spread,
    kept: work.kept && {
      ...work.kept,
      itemMs: work.kept.itemCpuMs,
      // As of others, but for the first GET.
      batchMs: Math.max(0, other.batchMs - other.getMs),
    },
  });
  return {
    ...measured,
    source: `time of an image by ${measured.source}; all else: ${usual.source}`,
    sharedCores: null,
    serverless: measured.serverless &&
      usual.serverless && {
        ...usual.serverless,
        work: workOf(measured.serverless.work, usual.serverless.work),
      },
    fleet: measured.fleet &&
      usual.fleet && { ...usual.fleet, work: workOf(measured.fleet.work, usual.fleet.work) },
  };
}

function calibrateServerless(run: MeasuredRun): ServerlessCalibration | null {
  const found = measuredArm(run, 'serverless');
  if (found === null) return null;
  const { phases, overhead, work } = found.round;
  const usual = defaultCalibration(DEFAULT_ENGINE).serverless;
  const cold = found.round.work.coldStarts > 0;
  return {
    work: workOf(run, found, vcpusOf(run.request.memory)),
    stage: stageOf(found, usual?.stage),
    startMs: phases.provision + overhead.idleAtStart / mapsOf(found),
    endMs: phases.teardown,
    // A run that met warm functions says nothing of cold ones.
    coldStartMs: cold ? work.coldStartMs / work.coldStarts : (usual?.coldStartMs ?? 0),
    coldStartSpread: usual?.coldStartSpread ?? 0,
  };
}

function calibrateFleet(run: MeasuredRun): FleetCalibration | null {
  const found = measuredArm(run, 'fleet');
  if (found === null) return null;
  const { phases, overhead, fleet } = found.round;
  const workers = (fleet?.hosts ?? []).filter(({ role }) => role === 'worker');
  const slots = Math.max(1, ...workers.map(({ cpus }) => cpus));
  const engine = engineSchema.parse(run.request.engine);
  return {
    work: workOf(run, found, 1),
    stage: stageOf(found, defaultCalibration(engine).fleet?.stage),
    engine,
    instanceType: run.request.instanceType,
    slotsPerWorker: slots,
    bootMs: fleet?.kept === undefined ? phases.provision : bootOfAll(fleet.hosts),
    // Before the first batch of a slot; the cold start of its process is part of that.
    engineStartMs: overhead.idleAtStart / mapsOf(found) + phases.coldStart,
    endMs: phases.teardown,
    bootSpread: workers.length < 3 ? USUAL_BOOT_SPREAD : logSpread(workers.map(bootOf)),
  };
}

/** Maps over all items. */
function mapsOf({ round }: MeasuredArm): number {
  return Math.max(1, round.stages.length);
}

/** A stage waits for its first batches, and for its reduce; a single map says nothing of it. */
function stageOf(
  found: MeasuredArm,
  usual: StageCalibration = { betweenMs: 0, reduceBatchMs: 0 },
): StageCalibration {
  const { stages, overhead, work } = found.round;
  const maps = mapsOf(found);
  if (stages.length === 0 || overhead === null) return usual;
  const startsMs = (overhead.idleAtStart * (maps - 1)) / maps;
  return {
    betweenMs: (overhead.betweenStages + startsMs) / maps,
    reduceBatchMs: overhead.reduce / Math.max(1, work.spans),
  };
}

type Hosts = NonNullable<ArmRound['fleet']>['hosts'];

/** The last step of a boot, as fanfleet/standing_fleet.py names it. */
const WARM_UP = 'warm-up';

/** Null also where one arm was measured: there is nothing that it could be ranked with. */
function differentKernelsOf(run: MeasuredRun): string | null {
  const arms = ARMS.flatMap((arm) => {
    const found = measuredArm(run, arm);
    return found === null ? [] : [{ arm, kernels: found.round.work.kernels }];
  });
  return arms.length < 2 || isOneKernel(arms.map(({ kernels }) => kernels)) ? null : kernelsOfArms(arms);
}

/** Of a kept fleet the run has no boot, but its hosts tell of theirs: until the last one was ready, and all were warm. */
function bootOfAll(hosts: Hosts): number {
  const started = Math.min(...hosts.map(({ bootStartedAt }) => bootStartedAt));
  // A step of the head, which was ready long before.
  const warm = hosts.flatMap(({ steps }) =>
    steps.flatMap(({ name, ms, startedAt }) => (name === WARM_UP ? [startedAt + ms] : [])),
  );
  return hosts.length === 0 ? 0 : Math.max(...hosts.map(({ readyAt }) => readyAt), ...warm) - started;
}

const bootOf = ({ bootStartedAt, readyAt }: { readonly bootStartedAt: number; readonly readyAt: number }) =>
  Math.max(1, readyAt - bootStartedAt);

/** Whether an arm of a run was measured: it finished, with spans, and all of its batches are its own. */
export function isMeasured(run: MeasuredRun, arm: ArmRound['arm']): boolean {
  return measuredArm(run, arm) !== null;
}

interface MeasuredArm {
  readonly round: ArmRound & {
    readonly phases: NonNullable<ArmRound['phases']>;
    readonly overhead: NonNullable<ArmRound['overhead']>;
    readonly work: NonNullable<ArmRound['work']>;
    readonly peakConcurrency: number;
  };
  readonly batchTimes: readonly number[];
}

function measuredArm(run: MeasuredRun, arm: ArmRound['arm']): MeasuredArm | null {
  const shown = run.arms.find((each) => each.arm === arm)?.shownRound ?? null;
  const round = run.rounds
    .find((each) => each.round === shown)
    ?.arms.find((each) => each.arm === arm && each.status === 'succeeded');
  if (!round?.phases || !round.overhead || !round.work || !round.peakConcurrency || round.items === 0)
    return null;
  const { phases, overhead, work, peakConcurrency } = round;
  if (round.batchesTakenOver > 0) return null;
  const timeline = run.timelines.find((each) => each.arm === arm && each.round === shown);
  const batches = (timeline?.lanes ?? [])
    .flatMap((lane) => lane.batches)
    .filter(({ items, startMs }) => items > 0 && startMs < firstStageMs(round));
  return {
    round: { ...round, phases, overhead, work, peakConcurrency },
    batchTimes: batches.map(({ startMs, endMs, items }) => (endMs - startMs) / items),
  };
}

/** When the first stage had done its batches, from the start of the arm: those that read theirs, all of them, differ only by noise. */
function firstStageMs({ stages: [first], startedAt }: ArmRound): number {
  if (first === undefined || first.mapEndedAt === null || startedAt === null) return Number.POSITIVE_INFINITY;
  return first.mapEndedAt - startedAt;
}

/** @param vcpus of a slot, where no other slot takes them */
function workOf({ environment }: MeasuredRun, found: MeasuredArm, vcpus: number): Work {
  const { round, batchTimes } = found;
  const { phases, overhead, work, peakConcurrency: slots } = round;
  const { kept } = work;
  const perBatch = (wallMs: number) => (wallMs * slots) / work.spans;
  // Those that were kept load nothing.
  const read = { batches: work.spans - kept.batches, items: mapsOf(found) * round.items - kept.items };
  const batchLoadMs = (phases.load * slots) / read.batches;
  const getMs = work.getMs / read.items;
  const fillMs = environment.offline
    ? 0
    : Math.min(batchLoadMs, getMs === 0 ? Number.POSITIVE_INFINITY : getMs);
  const loadMs = (batchLoadMs - fillMs) * read.batches;
  const itemMs = (Math.max(0, phases.process * slots - kept.processMs) + loadMs) / read.items;
  const slotVcpus = environment.offline ? Math.min(1, Math.max(1, environment.cores) / slots) : vcpus;
  // Spans of a worker that cannot tell its CPU time have 0.
  const cpuOf = (cpuMs: number, items: number, ofWall: number) =>
    cpuMs > 0 ? cpuMs / items : ofWall * slotVcpus;
  const batchMs = perBatch(phases.write) + perBatch(overhead.batch);
  const keptMs = kept.items === 0 ? 0 : kept.processMs / kept.items;
  return {
    itemMs,
    vcpus: slotVcpus,
    itemCpuMs: cpuOf(work.cpuMs - kept.cpuMs, read.items, itemMs),
    getMs: 0,
    getsAtOnce: GETS_AT_ONCE,
    batchMs: fillMs + batchMs,
    dispatchMs: perBatch(overhead.idleBetween),
    spread: batchTimes.length < 3 ? USUAL_SPREAD : spreadOf(batchTimes),
    kept: keptOf(round, {
      itemMs: keptMs,
      itemCpuMs: cpuOf(kept.cpuMs, kept.items, keptMs),
      batchMs,
    }),
  };
}

/** Null where nothing was kept. */
function keptOf({ stages, work }: MeasuredArm['round'], times: Omit<Kept, 'part'>): Kept | null {
  const { kept } = work;
  const later = stages.slice(1).reduce((sum, { batches }) => sum + batches, 0);
  return kept.batches === 0 || later === 0 ? null : { part: kept.batches / later, ...times };
}

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return mean === 0 ? 0 : Math.sqrt(variance) / mean;
}

function logSpread(values: readonly number[]): number {
  const logs = values.map((value) => Math.log(value));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1));
}
