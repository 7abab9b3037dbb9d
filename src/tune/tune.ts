import * as z from 'zod';
import { type Measurement, measurementSchema, STATES } from '../compare/measurement.ts';
import { environmentSchema } from '../contract/report-environment.ts';
import { readJsonFile, writeJsonFile } from '../json-file.ts';
import { STRATEGIES } from '../run/advice-request.ts';
import { sweepOrder, type Turn } from '../sweep/order.ts';
import { turnsLeft } from '../sweep/sweep.ts';
import { pointSchema } from './point.ts';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const TUNE_VERSION = 2;

const plannedSchema = z.object({
  tuneId: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  stage: z.string(),
  /** What the requests of all points have in common. */
  request: z.looseObject({ prefix: z.string() }),
  points: z.array(pointSchema).min(1),
  rounds: z.int().min(1).max(50),
  state: z.enum(STATES),
  strategy: z.enum(STRATEGIES),
  /** Offline: whether a function's memory limits its processors, as in Lambda, or it may use all; null in AWS. */
  functionLimits: z.enum(['none', 'lambda']).nullable(),
  /** Of cost against time, 0 to 1. */
  weight: z.number().min(0).max(1),
});

/** `tune.json`: what was asked, and what is measured so far. */
export const tuneSchema = plannedSchema.extend({
  schemaVersion: z.literal(TUNE_VERSION),
  /** Where the runs were made; null before the first one. */
  environment: environmentSchema.nullable(),
  /** In the order in which they were made; the last one of a turn counts. */
  measurements: z.array(measurementSchema),
});
export type Tune = z.infer<typeof tuneSchema>;

export function newTune(planned: z.infer<typeof plannedSchema>): Tune {
  return { schemaVersion: TUNE_VERSION, ...planned, environment: null, measurements: [] };
}

export function withMeasurement(
  tune: Tune,
  measurement: Measurement,
  environment: Tune['environment'],
): Tune {
  return {
    ...tune,
    environment: tune.environment ?? environment,
    measurements: [...tune.measurements, measurement],
  };
}

/** The runs in their order: each round has every point once, forwards and backwards in turn. */
export function orderOf({ points, rounds }: Pick<Tune, 'points' | 'rounds'>): Turn[] {
  return sweepOrder(points.length, rounds);
}

export function runsLeft(tune: Tune): Turn[] {
  return turnsLeft({ order: orderOf(tune), measurements: tune.measurements });
}

/** @throws FanfleetError `TUNE_UNREADABLE` or `INVALID_INPUT` */
export function readTune(file: string): Promise<Tune> {
  return readJsonFile(file, tuneSchema, { unreadable: 'TUNE_UNREADABLE', what: 'the tune.json of a tuning' });
}

export const writeTune: (file: string, tune: Tune) => Promise<void> = writeJsonFile;
