import { isOneKernel } from '../contract/one-kernel.ts';
import { type Spread, spread } from '../statistics/median.ts';
import { workloadLabel } from '../workloads/text.ts';
import type { Measurement, Processors, Succeeded } from './measurement.ts';
import { type NodeFigures, nodeFigures, type WorkerFigures, workerFigures } from './nodes.ts';
import type { Point } from './point.ts';
import { type Scaling, scalingOf } from './scaling.ts';
import { latest, type Sweep } from './sweep.ts';

/** A point over its rounds. Null where none of them succeeded. */
export interface PointFigures extends Point {
  readonly succeeded: number;
  readonly rounds: number;
  /** Medians and ranges in milliseconds. */
  readonly arm: Spread | null;
  readonly boot: Spread | null;
  readonly engineStart: Spread | null;
  readonly processing: Spread | null;
  /** By the medians of the processing, against the fewest workers of the same engine and workload, if one kernel measured both. */
  readonly scaling: Scaling | null;
  readonly utilisation: Spread | null;
  readonly workerUse: WorkerFigures;
  /** The head first. */
  readonly nodes: readonly NodeFigures[];
  /** Of all its rounds, if they share one. */
  readonly digest: string | null;
  /** That measured in its rounds, sorted by name. */
  readonly kernels: readonly string[];
  /** Of the rounds that failed. */
  readonly errors: readonly { readonly round: number; readonly code: string; readonly message: string }[];
}

/** Whether the answers of a workload are one, and whether one program gave them. */
export interface SweepAgreement {
  /** Its label. */
  readonly workload: string;
  /** Null where nothing was measured. */
  readonly equal: boolean | null;
  readonly digests: readonly string[];
  /** False where points measured with different kernels, so that their times rank nothing; null where nothing was measured. */
  readonly oneKernel: boolean | null;
}

export interface SweepFigures {
  readonly points: readonly PointFigures[];
  readonly agreements: readonly SweepAgreement[];
  /** False where answers of one workload differ; null where nothing was measured. */
  readonly digestsEqual: boolean | null;
  readonly failedRuns: number;
  readonly failedItems: number;
  /** Of the point whose hosts have the most processors; null where nothing was measured. */
  readonly processors: Processors | null;
  /** Whether these fit their machine, so that more workers have more of it; null in AWS, and where nothing was measured. */
  readonly fits: boolean | null;
}

/** All that the table says, computed from the measurements that count. */
export function figuresOfSweep(
  sweep: Pick<Sweep, 'points' | 'rounds' | 'order' | 'measurements'>,
): SweepFigures {
  const measured = latest(sweep);
  const succeeded = measured.filter((one) => one.status === 'succeeded');
  const points = sweep.points.map((point, index) =>
    pointFigures(
      point,
      sweep.rounds,
      measured.filter(({ point: of }) => of === index),
    ),
  );
  const labels = sweep.points.map((point) => workloadLabel(point.workload));
  const agreements = [...new Set(labels)].map((workload) => {
    const own = succeeded.filter(({ point }) => labels[point] === workload);
    const digests = [...new Set(own.map(({ digest }) => digest))].sort();
    const nothing = digests.length === 0;
    const oneKernel = nothing ? null : isOneKernel(own.map(({ kernels }) => kernels));
    return { workload, equal: nothing ? null : digests.length === 1, digests, oneKernel };
  });
  const processors = succeeded
    .map((one) => one.processors)
    .reduce<Processors | null>((most, own) => (most === null || own.all > most.all ? own : most), null);
  return {
    points: points.map((point) => ({ ...point, scaling: scalingAmong(points, point) })),
    agreements,
    digestsEqual: succeeded.length === 0 ? null : agreements.every(({ equal }) => equal !== false),
    failedRuns: measured.length - succeeded.length,
    failedItems: Math.max(0, ...succeeded.map((one) => one.failedItems)),
    processors,
    fits: processors === null || processors.machine === null ? null : processors.all <= processors.machine,
  };
}

function pointFigures(point: Point, rounds: number, measured: readonly Measurement[]): PointFigures {
  const done = measured.filter((one) => one.status === 'succeeded');
  const over = (value: (one: Succeeded) => number) => (done.length === 0 ? null : spread(done.map(value)));
  const digests = new Set(done.map(({ digest }) => digest));
  const nodes = done.map((one) => one.nodes);
  return {
    ...point,
    succeeded: done.length,
    rounds,
    arm: over(({ times }) => times.arm),
    boot: over(({ times }) => times.boot),
    engineStart: over(({ times }) => times.engineStart),
    processing: over(({ times }) => times.processing),
    scaling: null,
    utilisation: over(({ utilisation }) => utilisation),
    workerUse: workerFigures(nodes),
    nodes: nodeFigures(nodes),
    kernels: [...new Set(done.flatMap(({ kernels }) => kernels))].sort(),
    digest: digests.size === 1 ? ([...digests][0] ?? null) : null,
    errors: measured.flatMap((one) => (one.status === 'failed' ? [{ round: one.round, ...one.error }] : [])),
  };
}

function scalingAmong(points: readonly PointFigures[], of: PointFigures): Scaling | null {
  const base = points
    .filter(({ engine, workload, processing }) => {
      const isSameWork = workloadLabel(workload) === workloadLabel(of.workload);
      return engine === of.engine && isSameWork && (processing?.median ?? 0) > 0;
    })
    .reduce<PointFigures | null>(
      (fewest, point) => (fewest === null || point.workers < fewest.workers ? point : fewest),
      null,
    );
  if (!base?.processing || !of.processing || of.processing.median === 0) return null;
  if (!isOneKernel([base.kernels, of.kernels])) return null;
  return scalingOf(
    { workers: base.workers, ms: base.processing.median },
    { workers: of.workers, ms: of.processing.median },
  );
}
