import * as z from 'zod';
import { unitSchema } from '../contract/unit.ts';
import type { Summary } from '../report/summary-schema.ts';
import { errorSchema, failureOfArm } from '../sweep/measurement.ts';
import type { Turn } from '../sweep/order.ts';
import type { Processing } from '../sweep/processing.ts';
import { workloadText } from '../workloads/text.ts';

/** What the two configurations are compared by. */
export const METRICS = ['wall', 'processing', 'cpu', 'cost'] as const;
export type Metric = (typeof METRICS)[number];

/** How the functions are found by a run: as the run before left them, or none running yet. A fleet always boots anew. */
export const STATES = ['warm', 'fresh'] as const;
export type State = (typeof STATES)[number];

const seconds = z.number().nonnegative();

/** The figures of one run, in seconds and US dollars; null where the run does not say. */
export const figuresSchema = z.object({
  /** From the start of the arm to its end, a fleet's boot and teardown included, by the clock of the state machine. */
  wall: seconds.nullable(),
  /** From the start of the first batch to the end of the last one, by the clocks of the workers. */
  processing: seconds.nullable(),
  /** CPU time of all batches. */
  cpu: seconds.nullable(),
  /** The bill of the arm. */
  cost: z.number().nonnegative().nullable(),
});
export type Figures = z.infer<typeof figuresSchema>;

const turn = { round: z.int().nonnegative(), point: z.int().nonnegative(), runId: z.string() };

/** One run of a comparison. Of its points 0 is A and 1 is B; the others, in pairs, are A and A again: the null test. */
export const measurementSchema = z.discriminatedUnion('status', [
  z.object({
    ...turn,
    status: z.literal('succeeded'),
    figures: figuresSchema,
    workload: z.string(),
    /** What its items are. */
    unit: unitSchema,
    items: z.int().nonnegative(),
    failedItems: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    batches: z.int().nonnegative(),
    digest: z.string(),
    /** That measured, sorted by name: several where its workers differed. */
    kernels: z.array(z.string()),
    /** Batches for which a process had to start first. */
    coldStarts: z.int().nonnegative(),
    /** Other runs of the same stack that were under way at the same time. */
    besides: z.array(z.string()),
  }),
  z.object({ ...turn, status: z.literal('failed'), error: errorSchema }),
]);
export type Measurement = z.infer<typeof measurementSchema>;
export type Succeeded = Extract<Measurement, { status: 'succeeded' }>;

/** What a run with one arm says of it. */
export function measurementOf(
  { round, point }: Turn,
  summary: Summary,
  processing: Processing | null,
  besides: readonly string[],
): Measurement {
  const at = { round, point, runId: summary.runId };
  const [arm] = summary.rounds[0]?.arms ?? [];
  const error = arm === undefined ? null : failureOfArm(arm);
  if (arm === undefined || error !== null || arm.digest === null) {
    const unread = { code: 'NOT_READ', message: 'Expected an arm with results but found none.' };
    return { ...at, status: 'failed', error: error ?? unread };
  }
  return {
    ...at,
    status: 'succeeded',
    figures: {
      wall: arm.wallMs === null ? null : arm.wallMs / 1000,
      processing: processing && (processing.endedAt - processing.startedAt) / 1000,
      cpu: processing && processing.cpuMs / 1000,
      cost: summary.cost?.arms.find((bill) => bill.arm === arm.arm)?.usd ?? null,
    },
    workload: workloadText(summary.request.workload),
    unit: summary.unit,
    items: arm.items,
    failedItems: arm.failedItems,
    bytes: summary.plan.bytes,
    batches: summary.plan.batches,
    digest: arm.digest,
    kernels: arm.work?.kernels ?? [],
    coldStarts: arm.work?.coldStarts ?? 0,
    besides: [...besides],
  };
}
