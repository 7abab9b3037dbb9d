import * as z from 'zod';
import { type Interval, medianInterval } from '../statistics/bootstrap.ts';
import { median } from '../statistics/median.ts';
import { type Random, seededRandom } from '../statistics/random.ts';
import { pairedRatioTest, type RatioTest } from '../statistics/ratio-test.ts';
import { type Obstruction, obstacleSchema, obstructionOf } from './comparability.ts';
import type { Measurement, Metric, State } from './measurement.ts';
import { nullTest, nullTestSchema, type Pair, pairSchema } from './null-test.ts';
import { reasonsOf } from './reasons.ts';
import type { Side } from './side.ts';

export const VERDICTS = ['A faster', 'B faster', 'no difference shown', 'not comparable'] as const;

/** A figure and its 95 % interval; that is null for a single run, which says nothing of its noise. */
const estimateSchema = z.object({
  value: z.number().positive(),
  low: z.number().nonnegative().nullable(),
  high: z.number().nonnegative().nullable(),
});
export type Estimate = z.infer<typeof estimateSchema>;

/** What follows from the measurements; docs/methodology.md has the formulas. */
export const outcomeSchema = z.object({
  /** `A faster` is less of the metric: of the cost, cheaper. */
  verdict: z.enum(VERDICTS),
  /** Why nothing can be said; null where something can. */
  obstacle: obstacleSchema.nullable(),
  /** What the verdict rests on, in sentences. */
  reasons: z.array(z.string()).min(1),
  /** In seconds, or in US dollars for the cost. Empty where the runs are not comparable. */
  pairs: z.array(pairSchema),
  medians: z.object({ a: estimateSchema, b: estimateSchema }).nullable(),
  /** The median of B over that of A. */
  ratio: estimateSchema.nullable(),
  pValue: z.number().min(0).max(1).nullable(),
  nullTest: nullTestSchema.nullable(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** A comparison before it is judged. */
export interface Measured {
  readonly a: Side;
  readonly b: Side;
  readonly state: State;
  readonly metric: Metric;
  /** Pairs of A and B, and of each null comparison. */
  readonly rounds: number;
  readonly nullComparisons: number;
  readonly minimumEffect: number;
  /** Of the draws: the same measurements give the same intervals. */
  readonly seed: number;
  /** One for each run that was made. */
  readonly measurements: readonly Measurement[];
}

/** Judge a comparison by all that was measured. */
export function judge(measured: Measured): Outcome {
  const { rounds, nullComparisons } = measured;
  const obstruction = obstructionOf({ ...measured, runs: 2 * rounds * (1 + nullComparisons) });
  if (obstruction !== null) return notComparable(obstruction);
  const random = seededRandom(measured.seed);
  const options = { minimumEffect: measured.minimumEffect, random };
  const pairs = measuredPairs(measured, 0);
  const test = pairedRatioTest(pairs, options);
  const nulls = Array.from({ length: nullComparisons }, (_, i) => measuredPairs(measured, i + 1));
  return {
    verdict: verdictOf(test),
    obstacle: null,
    reasons: reasonsOf(measured, test),
    pairs,
    medians: {
      a: medianOf(
        pairs.map(({ a }) => a),
        random,
      ),
      b: medianOf(
        pairs.map(({ b }) => b),
        random,
      ),
    },
    ratio: estimate(test.ratio, Number.isFinite(test.high) ? test : null),
    pValue: test.pValue,
    nullTest: nullTest(nulls, options),
  };
}

function notComparable({ obstacle, reason }: Obstruction): Outcome {
  const nothing = { pairs: [], medians: null, ratio: null, pValue: null, nullTest: null };
  return { verdict: 'not comparable', obstacle, reasons: [reason], ...nothing };
}

/** The pairs of A and B (0) or of a null comparison (1, 2, …) that are measured, by rounds. */
export function measuredPairs(
  { measurements, metric }: Pick<Measured, 'measurements' | 'metric'>,
  comparison: number,
): Pair[] {
  const figures = (point: number) =>
    new Map(
      measurements.flatMap((one) => {
        const figure = one.status === 'succeeded' && one.point === point ? one.figures[metric] : null;
        return figure === null ? [] : [[one.round, figure] as const];
      }),
    );
  const second = figures(2 * comparison + 1);
  return [...figures(2 * comparison)]
    .sort(([a], [b]) => a - b)
    .flatMap(([round, a]) => {
      const b = second.get(round);
      return b === undefined ? [] : [{ a, b }];
    });
}

function verdictOf({ verdict }: RatioTest): Outcome['verdict'] {
  if (verdict === 'no difference shown') return verdict;
  return verdict === 'higher' ? 'A faster' : 'B faster';
}

function medianOf(values: readonly number[], random: Random): Estimate {
  return estimate(median(values), medianInterval(values, random));
}

function estimate(value: number, interval: Interval | null): Estimate {
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}
