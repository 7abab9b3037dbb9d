import { idealOf, scoreOf } from '../advice/strategy.ts';
import { isOneKernel } from '../contract/one-kernel.ts';
import { type Spread, spread } from '../statistics/median.ts';
import { latest } from '../sweep/sweep.ts';
import type { Point } from './point.ts';
import { orderOf, type Tune } from './tune.ts';

/** A point over its rounds. Null where none of them says it. */
export interface PointFigures extends Point {
  readonly succeeded: number;
  /** Of the arm, in seconds, and its bill in US dollars. */
  readonly seconds: Spread | null;
  readonly usd: Spread | null;
  /** Medians over the least of all points: 1 is the fastest, or the cheapest. */
  readonly relativeTime: number | null;
  readonly relativeCost: number | null;
  /** Distance from a point that would be both; the least one wins. */
  readonly score: number | null;
  readonly coldStarts: number;
  readonly batches: number | null;
  /** That measured in its rounds, sorted by name. */
  readonly kernels: readonly string[];
  readonly errors: readonly { readonly round: number; readonly code: string; readonly message: string }[];
}

export interface TuneFigures {
  readonly points: readonly PointFigures[];
  /** Null where no point was measured to its end, and where different kernels measured. */
  readonly winner: PointFigures | null;
  /** Points that may be as good as the winner, by how far their rounds lie apart. */
  readonly near: readonly PointFigures[];
  readonly failedRuns: number;
  readonly failedItems: number;
  /** Null where nothing was measured. */
  readonly digestsEqual: boolean | null;
  /** False where points or rounds measured with different kernels: memory is then not all that differs. Null likewise. */
  readonly oneKernel: boolean | null;
}

/** All that the table says. Only points that were measured in every round can win. */
export function figuresOf(tune: Pick<Tune, 'points' | 'rounds' | 'weight' | 'measurements'>): TuneFigures {
  const measured = latest({ order: orderOf(tune), measurements: tune.measurements });
  const done = measured.filter((one) => one.status === 'succeeded');
  const raw = tune.points.map((point, index) => {
    const own = done.filter((one) => one.point === index);
    const over = (of: 'wall' | 'cost') => {
      const values = own.flatMap(({ figures }) => figures[of] ?? []);
      return values.length === 0 ? null : spread(values);
    };
    return {
      ...point,
      succeeded: own.length,
      seconds: over('wall'),
      usd: over('cost'),
      coldStarts: own.reduce((sum, { coldStarts }) => sum + coldStarts, 0),
      batches: own[0]?.batches ?? null,
      kernels: [...new Set(own.flatMap(({ kernels }) => kernels))].sort(),
      errors: measured.flatMap((one) =>
        one.status === 'failed' && one.point === index ? [{ round: one.round, ...one.error }] : [],
      ),
    };
  });
  const outlays = raw.flatMap((point) => outlayOf(point) ?? []);
  const points = raw.map((point): PointFigures => {
    const own = outlayOf(point);
    if (own === null) return { ...point, relativeTime: null, relativeCost: null, score: null };
    const ideal = idealOf(outlays);
    return {
      ...point,
      relativeTime: own.seconds / ideal.seconds,
      relativeCost: own.usd / ideal.usd,
      score: scoreOf(own, tune.weight, ideal),
    };
  });
  const oneKernel = done.length === 0 ? null : isOneKernel(done.map(({ kernels }) => kernels));
  const winner = points
    .filter(({ succeeded }) => oneKernel && succeeded === tune.rounds)
    .reduce<PointFigures | null>(better, null);
  const digests = new Set(done.map(({ digest }) => digest));
  return {
    points,
    winner,
    near:
      winner === null ? [] : points.filter((point) => point !== winner && isNear(point, winner, tune.weight)),
    failedRuns: measured.length - done.length,
    failedItems: Math.max(0, ...done.map(({ failedItems }) => failedItems)),
    digestsEqual: digests.size === 0 ? null : digests.size === 1,
    oneKernel,
  };
}

function outlayOf({ seconds, usd }: Pick<PointFigures, 'seconds' | 'usd'>) {
  const known = seconds !== null && usd !== null && seconds.median > 0 && usd.median > 0;
  return known ? { seconds: seconds.median, usd: usd.median } : null;
}

function better(best: PointFigures | null, point: PointFigures): PointFigures | null {
  if (point.score === null) return best;
  return best?.score == null || point.score < best.score ? point : best;
}

/** Whether noise could put one before the other: its score at its best is not above that of the winner at its worst. */
function isNear(point: PointFigures, winner: PointFigures, weight: number): boolean {
  if (!point.seconds || !point.usd || !winner.seconds || !winner.usd) return false;
  const least = { seconds: point.seconds.min, usd: point.usd.min };
  const most = { seconds: winner.seconds.max, usd: winner.usd.max };
  return least.seconds > 0 && least.usd > 0 && scoreOf(least, weight, most) <= 0;
}
