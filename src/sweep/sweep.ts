import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { type RequestInput, requestSchema } from '../run/request.ts';
import { type Measurement, measurementSchema } from './measurement.ts';
import { sweepOrder, type Turn } from './order.ts';
import { type Point, pointSchema } from './point.ts';

/** Raised when a field changes its meaning or goes away. */
export const SWEEP_VERSION = 1;

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
  /** The runs in the order in which they are made. */
  order: z.array(z.object({ round: z.int().nonnegative(), point: z.int().nonnegative() })),
  /** In the order in which they were made; the last one of a turn counts. */
  measurements: z.array(measurementSchema),
});
export type Sweep = z.infer<typeof sweepSchema>;

export function newSweep(
  given: Pick<Sweep, 'sweepId' | 'startedAt' | 'stage' | 'request' | 'points' | 'rounds'>,
): Sweep {
  return {
    schemaVersion: SWEEP_VERSION,
    ...given,
    order: sweepOrder(given.points.length, given.rounds),
    measurements: [],
  };
}

/** The measurement that counts for each turn that had one. */
export function latest({ order, measurements }: Pick<Sweep, 'order' | 'measurements'>): Measurement[] {
  return order.flatMap((turn) => measurements.findLast((measured) => isOf(measured, turn)) ?? []);
}

/** The turns that have no measurement, or a failed one, in their order. */
export function turnsLeft(sweep: Pick<Sweep, 'order' | 'measurements'>): Turn[] {
  const done = latest(sweep).filter(({ status }) => status === 'succeeded');
  return sweep.order.filter((turn) => !done.some((measured) => isOf(measured, turn)));
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
  const { normalise, ...common } = request;
  const given = {
    ...common,
    ...point,
    ...(point.operation === 'normalise' && normalise !== undefined ? { normalise } : {}),
    arms: ['fleet'],
    repeats: 1,
    baseline: false,
    concurrency: Math.max(...points.map(({ workers }) => workers)),
  };
  parse(requestSchema, given, 'The request');
  return given as RequestInput;
}

/** @throws FanfleetError `SWEEP_UNREADABLE` or `INVALID_INPUT` */
export async function readSweep(file: string): Promise<Sweep> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = `Expected the sweep.json of a sweep at ${file} but could not read it: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError('SWEEP_UNREADABLE', message, { cause, source: 'user' });
  }
  return parse(sweepSchema, value, file) as Sweep;
}

/** Write the file whole or not at all: it is all that there is of hours of measuring. */
export async function writeSweep(file: string, sweep: Sweep): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(sweep, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
