import { type Comparison, newComparison, withMeasurement } from '../../../src/compare/comparison.ts';
import type { Measurement, Succeeded } from '../../../src/compare/measurement.ts';
import { parseSide } from '../../../src/compare/side.ts';

/** A comparison of two memory sizes in seven pairs, before its first run. */
export function sampleComparison(over: Partial<Comparison> = {}): Comparison {
  const { rounds = 7, nullComparisons = 0, metric = 'wall', state = 'warm', minimumEffect = 0.05 } = over;
  return newComparison({
    comparisonId: 'c1',
    startedAt: Date.UTC(2026, 10, 21),
    stage: 'local',
    request: { prefix: 'photos/' },
    a: over.a ?? parseSide('serverless,memory=1769', 'A'),
    b: over.b ?? parseSide('serverless,memory=3538', 'B'),
    ...{ rounds, nullComparisons, metric, state, minimumEffect },
    seed: 1,
  });
}

/** A run of a point with a wall time in seconds. */
export function succeeded(
  point: number,
  round: number,
  wall: number,
  over: Partial<Succeeded> = {},
): Succeeded {
  return {
    round,
    point,
    runId: `run-${point}-${round}`,
    status: 'succeeded',
    figures: { wall, processing: wall / 2, cpu: wall * 2, cost: null },
    workload: 'stats',
    unit: { one: 'image', many: 'images' },
    items: 100,
    failedItems: 0,
    bytes: 9_000_000,
    batches: 8,
    digest: 'ab'.repeat(32),
    kernels: ['native'],
    coldStarts: 0,
    besides: [],
    ...over,
  };
}

export function failed(point: number, round: number): Measurement {
  const error = { code: 'NoWorkers', message: 'Expected 2 workers but none joined.' };
  return { round, point, runId: `run-${point}-${round}`, status: 'failed', error };
}

export function withAll(comparison: Comparison, measurements: readonly Measurement[]): Comparison {
  return measurements.reduce((all, one) => withMeasurement(all, one, null), comparison);
}

/** Seven pairs, in which B takes `ratio` times as long, with a little noise that both have alike. */
export function measurements(
  ratio: number,
  change: (one: Succeeded) => Measurement = (one) => one,
): Measurement[] {
  return Array.from({ length: 7 }, (_, round) => {
    const wall = 10 + ((round * 5) % 7) / 10;
    return [succeeded(0, round, wall), succeeded(1, round, wall * ratio + (round % 3) / 100)].map(change);
  }).flat();
}

/** The comparison with one of its runs changed. */
export function withOne(point: number, round: number, changes: Partial<Succeeded>): Comparison {
  const change = (one: Succeeded): Measurement =>
    one.point === point && one.round === round ? { ...one, ...changes } : one;
  return withAll(sampleComparison(), measurements(1.3, change));
}
