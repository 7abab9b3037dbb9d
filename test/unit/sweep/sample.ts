import type { Measurement, Succeeded } from '../../../src/sweep/measurement.ts';
import type { Node } from '../../../src/sweep/nodes.ts';
import { type Point, pointsOf } from '../../../src/sweep/point.ts';
import { newSweep, type Sweep } from '../../../src/sweep/sweep.ts';
import { resolveWorkload } from '../../../src/workloads/schemas.ts';

export const STATS = resolveWorkload({ name: 'statistics' });
export const NORMALISE = resolveWorkload({ name: 'normalise', params: { format: 'jpeg' } });

export const POINTS: readonly Point[] = [
  { workload: STATS, engine: 'daft', workers: 1 },
  { workload: STATS, engine: 'daft', workers: 2 },
  { workload: NORMALISE, engine: 'daft', workers: 1 },
];

/** A sweep of two rounds that is still to be made. */
export function sampleSweep(measurements: readonly Measurement[] = []): Sweep {
  const sweep = newSweep({
    sweepId: 's1',
    startedAt: 0,
    stage: 'local',
    request: { prefix: 'photos/', batchSize: 25 },
    points: [...POINTS],
    rounds: 2,
  });
  return { ...sweep, measurements: [...measurements] };
}

export function succeeded(point: number, round: number, over: Partial<Succeeded> = {}): Succeeded {
  return {
    round,
    point,
    runId: `run-${point}-${round}`,
    status: 'succeeded',
    times: { arm: 20_000, boot: 8_000, engineStart: 500, processing: 10_000 },
    utilisation: 0.9,
    digest: 'ab'.repeat(32),
    kernels: ['native'],
    items: 100,
    failedItems: 0,
    batches: 8,
    workersJoined: 1,
    processors: { workers: 1, all: 1.5, machine: 2 },
    nodes: [
      node({ role: 'head', cpuMean: 0.25, states: [] }),
      node({ instanceId: 'i-1', cpuMean: 0.8 }),
      node({ instanceId: 'i-2', cpuMean: 0.6, memoryPeakBytes: 300 * MIB }),
    ],
    versions: {},
    ...over,
  };
}

const MIB = 2 ** 20;

/** A worker that was alive throughout. */
export function node(over: Partial<Node> = {}): Node {
  return {
    ...{ instanceId: 'i-0', role: 'worker', cpuMean: 0.5, cpuPeak: 1, states: ['ALIVE'] },
    ...{ memoryPeakBytes: 200 * MIB, memoryLimitBytes: 1024 * MIB },
    ...over,
  };
}

export function failed(point: number, round: number): Measurement {
  const error = { code: 'NoWorkers', message: 'Expected 2 workers\nbut none joined.\n' };
  return { round, point, runId: `run-${point}-${round}`, status: 'failed', error };
}

/** Every engine with 1, 2 and 4 workers; of the last one nothing succeeded. */
export function sweepOfEngines(): Sweep {
  const engines = ['grpc', 'dask', 'spark', 'ray', 'daft'] as const;
  const points = pointsOf({ engines, workloads: [STATS, NORMALISE], workers: [1, 2, 4] });
  const sweep = newSweep({
    sweepId: 's2',
    startedAt: Date.UTC(2026, 10, 21),
    stage: 'local',
    request: { prefix: 'photos/<b>', batchSize: 25 },
    points,
    rounds: 1,
  });
  const measurements = points.map(({ engine, workers, workload }, point) => {
    if (engine === 'daft') return failed(point, 0);
    const whole = (workload === STATS ? 4_000 : 60_000) * (1 + engines.indexOf(engine) / 4);
    const processing = whole / workers + 500 * engines.indexOf(engine);
    const times = { arm: processing + 20_000, boot: 15_000, engineStart: 2_000, processing };
    return succeeded(point, 0, { times });
  });
  return { ...sweep, measurements };
}
