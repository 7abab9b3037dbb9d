import * as z from 'zod';
import { environmentSchema } from '../contract/report-environment.ts';
import { readJsonFile, writeJsonFile } from '../json-file.ts';
import { sweepOrder, type Turn } from '../sweep/order.ts';
import { latest, turnsLeft } from '../sweep/sweep.ts';
import { METRICS, type Measurement, measurementSchema, STATES } from './measurement.ts';
import { type Side, sideSchema } from './side.ts';
import { judge, outcomeSchema } from './verdict.ts';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const COMPARISON_VERSION = 2;

/** What a comparison is to do. */
const plannedSchema = z.object({
  schemaVersion: z.literal(COMPARISON_VERSION),
  comparisonId: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  stage: z.string(),
  /** What the requests of both have in common. */
  request: z.looseObject({ prefix: z.string() }),
  a: sideSchema,
  b: sideSchema,
  /** Pairs of A and B. */
  rounds: z.int().min(1).max(50),
  state: z.enum(STATES),
  metric: z.enum(METRICS),
  /** The least part that counts: 0.05 for 5 %. */
  minimumEffect: z.number().min(0),
  /** How often A is compared with itself. */
  nullComparisons: z.int().nonnegative(),
  seed: z.int().nonnegative(),
});

/** `comparison.json`: what was asked, what is measured so far, and what follows from it. It is true at any moment. */
export const comparisonSchema = plannedSchema.extend({
  /** Where the runs were made; null before the first one. */
  environment: environmentSchema.nullable(),
  /** In the order in which they were made; the last one of a turn counts. */
  measurements: z.array(measurementSchema),
  ...outcomeSchema.shape,
});
export type Comparison = z.infer<typeof comparisonSchema>;
export type PlannedComparison = Omit<z.infer<typeof plannedSchema>, 'schemaVersion'>;

export function newComparison(planned: PlannedComparison): Comparison {
  const nothing = { environment: null, measurements: [] };
  return withOutcome({ schemaVersion: COMPARISON_VERSION, ...planned, ...nothing });
}

/** The comparison with one more run, judged again. */
export function withMeasurement(
  comparison: Comparison,
  measurement: Measurement,
  environment: Comparison['environment'],
): Comparison {
  return withOutcome({
    ...comparison,
    environment: comparison.environment ?? environment,
    measurements: [...comparison.measurements, measurement],
  });
}

function withOutcome(comparison: Omit<Comparison, keyof z.infer<typeof outcomeSchema>>): Comparison {
  const measurements = latest({ order: orderOf(comparison), measurements: comparison.measurements });
  return { ...comparison, ...judge({ ...comparison, measurements }) };
}

/** The runs that are still to be made. */
export function runsLeft(comparison: Comparison): Turn[] {
  return turnsLeft({ order: orderOf(comparison), measurements: comparison.measurements });
}

/** The pairs of a round are made one after the other, those of the null test among them, and in the next one backwards. */
export function orderOf({ rounds, nullComparisons }: Pick<Comparison, 'rounds' | 'nullComparisons'>): Turn[] {
  return sweepOrder(2 + 2 * nullComparisons, rounds);
}

/** What a point is made with: 0 is A, 1 is B, and all others are A for the null test. */
export function sideOf({ a, b }: Pick<Comparison, 'a' | 'b'>, point: number): { side: Side; other: Side } {
  return point === 1 ? { side: b, other: a } : { side: a, other: b };
}

/** @throws FanfleetError `COMPARISON_UNREADABLE` or `INVALID_INPUT` */
export function readComparison(file: string): Promise<Comparison> {
  return readJsonFile(file, comparisonSchema, {
    unreadable: 'COMPARISON_UNREADABLE',
    what: 'the comparison.json of a comparison',
  });
}

export const writeComparison: (file: string, comparison: Comparison) => Promise<void> = writeJsonFile;
