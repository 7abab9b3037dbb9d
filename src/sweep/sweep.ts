import * as z from 'zod';
import { readJsonFile, writeJsonFile } from '../json-file.ts';
import { parse } from '../parse.ts';
import { type RequestInput, requestSchema } from '../run/request.ts';
import { requestedAgain } from '../workloads/schemas.ts';
import { measurementSchema } from './measurement.ts';
import { sweepOrder, type Turn } from './order.ts';
import { type Point, pointSchema } from './point.ts';

/** Raised when a field changes its meaning or goes away. */
export const SWEEP_VERSION = 2;

/** `sweep.json`: what a sweep is to do, and what it has measured so far. */
export const sweepSchema = z.object({
  schemaVersion: z.literal(SWEEP_VERSION),
  sweepId: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  stage: z.string(),
  /** What the requests of all points have in common. */
  request: z.looseObject({ prefix: z.string() }),
  points: z.array(pointSchema).min(1),
  rounds: z.int().min(1).max(50),
  /** Whether points of the same engine and worker count share a fleet that is kept, from round to round. */
  keepFleets: z.boolean().optional(),
  /** The runs in the order in which they are made. */
  order: z.array(z.object({ round: z.int().nonnegative(), point: z.int().nonnegative() })),
  /** In the order in which they were made; the last one of a turn counts. */
  measurements: z.array(measurementSchema),
});
export type Sweep = z.infer<typeof sweepSchema>;

export function newSweep(
  given: Pick<Sweep, 'sweepId' | 'startedAt' | 'stage' | 'request' | 'points' | 'rounds' | 'keepFleets'>,
): Sweep {
  return {
    schemaVersion: SWEEP_VERSION,
    ...given,
    order: sweepOrder(given.points.length, given.rounds),
    measurements: [],
  };
}

/** What became of a turn, of which the last one counts. */
interface Attempt extends Turn {
  readonly status: 'succeeded' | 'failed';
}

interface Attempts<M extends Attempt> {
  readonly order: readonly Turn[];
  readonly measurements: readonly M[];
}

/** The measurement that counts for each turn that had one. */
export function latest<M extends Attempt>({ order, measurements }: Attempts<M>): M[] {
  return order.flatMap((turn) => measurements.findLast((measured) => isOf(measured, turn)) ?? []);
}

/** The turns that have no measurement, or a failed one, in their order. */
export function turnsLeft<M extends Attempt>(attempts: Attempts<M>): Turn[] {
  const done = latest(attempts).filter(({ status }) => status === 'succeeded');
  return attempts.order.filter((turn) => !done.some((measured) => isOf(measured, turn)));
}

function isOf(measured: Turn, { round, point }: Turn): boolean {
  return measured.round === round && measured.point === point;
}

/**
 * The request of a point: the fleet arm alone, once.
 *
 * `concurrency` has no other effect than on the number of batches, which must not depend on the workers of a point.
 */
export function requestOfPoint(
  { request, points }: Pick<Sweep, 'request' | 'points'>,
  point: Point,
): RequestInput {
  const given = {
    ...request,
    ...point,
    workload: requestedAgain(point.workload),
    arms: ['fleet'],
    repeats: 1,
    baseline: false,
    concurrency: Math.max(...points.map(({ workers }) => workers)),
  };
  parse(requestSchema, given, 'The request');
  return given as RequestInput;
}

/** @throws FanfleetError `SWEEP_UNREADABLE` or `INVALID_INPUT` */
export function readSweep(file: string): Promise<Sweep> {
  return readJsonFile(file, sweepSchema, {
    unreadable: 'SWEEP_UNREADABLE',
    what: 'the sweep.json of a sweep',
  });
}

export const writeSweep: (file: string, sweep: Sweep) => Promise<void> = writeJsonFile;
