import type { Measurement } from '../../../src/compare/measurement.ts';
import { newTune, type Tune } from '../../../src/tune/tune.ts';

/** Four points, each measured twice: more memory is faster, and not for the same money. */
export const POINTS = [512, 1024, 1769, 3538].map((memory) => ({ memory, batchSize: null }));
const WALL = [8, 4, 2.4, 2];
const USD = [0.01, 0.0095, 0.011, 0.018];

export function measured(round: number, point: number, over: object = {}): Measurement {
  const apart = 1 + 0.02 * round;
  return {
    ...{ round, point, runId: `${round}-${point}`, status: 'succeeded' },
    figures: {
      ...{ processing: null, cpu: null },
      wall: (WALL[point] ?? 1) * apart,
      cost: (USD[point] ?? 1) * apart,
    },
    ...{
      workload: 'stats',
      unit: { one: 'image', many: 'images' },
      items: 200,
      failedItems: 0,
      bytes: 1,
      batches: 10,
    },
    ...{ digest: 'a', kernels: ['native'], coldStarts: 1, besides: [] },
    ...over,
  } as Measurement;
}

export const failed = (round: number, point: number): Measurement => ({
  ...{ round, point, runId: 'x', status: 'failed' },
  error: { code: 'Boom', message: 'it | broke\nat once' },
});

export function tuneOf(over: Partial<Tune> = {}): Tune {
  return {
    ...newTune({
      ...{ tuneId: 't1', startedAt: 0, stage: 'local', request: { prefix: 'x/' } },
      ...{ points: POINTS, rounds: 2, state: 'warm', strategy: 'cost', weight: 0.99, functionLimits: null },
    }),
    measurements: [0, 1].flatMap((round) => POINTS.map((_, point) => measured(round, point))),
    ...over,
  };
}
