import * as z from 'zod';
import type { ArmRound } from '../aggregate/run-facts.ts';
import type { FleetInfo } from '../fleet/arm-info.ts';
import type { Summary } from '../report/summary-schema.ts';
import { nodeSchema, nodesOf } from './nodes.ts';
import type { Processing } from './processing.ts';

const ms = z.number().nonnegative();

/** What one run of a point took, in milliseconds. Boot, engine start and processing come in this order. */
export const timesSchema = z.object({
  /** The arm, from its start to its last instance terminated. */
  arm: ms,
  /** From the start of the arm until all workers had joined. */
  boot: ms,
  /** From the start of the engine to the start of its first batch. */
  engineStart: ms,
  /** From the start of the first batch to the end of the last one. */
  processing: ms,
});

/** The processors of the fleet of a run: the quotas of its hosts, or what they see where they have none. */
export const processorsSchema = z.object({
  /** Of the workers: what the utilisation refers to. */
  workers: z.number().positive(),
  /** Of the workers and the head. */
  all: z.number().positive(),
  /** Of the machine that all hosts share; null in AWS, where each is one. */
  machine: z.int().positive().nullable(),
});
export type Processors = z.infer<typeof processorsSchema>;

export const errorSchema = z.object({ code: z.string(), message: z.string() });

const turn = { round: z.int().nonnegative(), point: z.int().nonnegative(), runId: z.string() };

/** One run of a point, and what came of it. */
export const measurementSchema = z.discriminatedUnion('status', [
  z.object({
    ...turn,
    status: z.literal('succeeded'),
    times: timesSchema,
    /** CPU time of all batches over processors of the workers x processing time. */
    utilisation: z.number().nonnegative(),
    digest: z.string(),
    /** That measured, sorted by name: several where its workers differed. */
    kernels: z.array(z.string()),
    items: z.int().nonnegative(),
    failedItems: z.int().nonnegative(),
    batches: z.int().nonnegative(),
    workersJoined: z.int().nonnegative(),
    processors: processorsSchema,
    /** The hosts of the fleet, the head first. */
    nodes: z.array(nodeSchema),
    versions: z.record(z.string(), z.string()),
  }),
  z.object({ ...turn, status: z.literal('failed'), error: errorSchema }),
]);
export type Measurement = z.infer<typeof measurementSchema>;
export type Succeeded = Extract<Measurement, { status: 'succeeded' }>;

/**
 * The measurement that a run with one fleet arm is.
 *
 * A fleet that went on with fewer workers than it was to have is a failure: its time is that of another point.
 */
export function measurementOf(
  place: { readonly round: number; readonly point: number },
  summary: Summary,
  processing: Processing | null,
): Measurement {
  const at = { ...place, runId: summary.runId };
  const arm = summary.rounds[0]?.arms.find((found) => found.arm === 'fleet');
  const fleet = arm?.fleet ?? null;
  const error = failureOf(arm, processing);
  if (error !== null || !arm || fleet === null || processing === null || arm.digest === null) {
    const unread = {
      code: 'NOT_READ',
      message: 'Expected a fleet arm with spans and a digest but found none.',
    };
    return { ...at, status: 'failed', error: error ?? unread };
  }
  const processors = processorsOf(fleet, summary);
  const processingMs = processing.endedAt - processing.startedAt;
  const capacityMs = processors.workers * processingMs;
  return {
    ...at,
    status: 'succeeded',
    times: {
      arm: arm.wallMs ?? 0,
      // Clocks of two machines: a negative time is their difference.
      boot: Math.max(0, fleet.workersReadyAt - (arm.startedAt ?? fleet.workersReadyAt)),
      engineStart: Math.max(0, processing.startedAt - fleet.engineStartedAt),
      processing: processingMs,
    },
    utilisation: capacityMs === 0 ? 0 : processing.cpuMs / capacityMs,
    digest: arm.digest,
    kernels: arm.work?.kernels ?? [],
    items: arm.items,
    failedItems: arm.failedItems,
    batches: processing.batches,
    workersJoined: fleet.workersJoined,
    processors,
    nodes: nodesOf(arm.hosts),
    versions: fleet.versions,
  };
}

function failureOf(
  arm: ArmRound | undefined,
  processing: Processing | null,
): z.infer<typeof errorSchema> | null {
  const failure = arm === undefined ? null : failureOfArm(arm);
  if (failure === null && arm !== undefined && processing === null) {
    return { code: 'SPANS_MISSING', message: 'Expected the spans of the arm but there are none.' };
  }
  return failure;
}

/** Why the time of an arm says nothing of its configuration, if it does not. */
export function failureOfArm({
  error,
  valid,
  problems,
  fleet,
}: ArmRound): z.infer<typeof errorSchema> | null {
  if (error) return error;
  const [problem] = valid ? [] : problems;
  if (problem !== undefined) return { code: problem.code, message: problem.message };
  if (fleet !== null && fleet.workersJoined < fleet.workersRequested) {
    const message = `Expected ${fleet.workersRequested} workers but ${fleet.workersJoined} joined.`;
    return { code: 'WORKERS_MISSING', message };
  }
  return null;
}

function processorsOf({ hosts }: FleetInfo, { environment }: Summary): Processors {
  const sum = (some: FleetInfo['hosts']) => some.reduce((total, { quotaCpus }) => total + quotaCpus, 0);
  return {
    workers: sum(hosts.filter(({ role }) => role === 'worker')),
    all: sum(hosts),
    machine: environment.offline ? environment.cores : null,
  };
}
