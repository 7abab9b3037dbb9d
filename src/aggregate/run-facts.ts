import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';
import type { Baseline } from '../contract/baseline.ts';
import type { Plan } from '../contract/plan.ts';
import type { ReportEnvironment } from '../contract/report-environment.ts';
import { fleetInfoSchema } from '../fleet/arm-info.ts';
import { instanceLifeSchema } from '../fleet/instance-life.ts';
import { runSchema } from '../run/run.ts';
import { armClocksSchema } from '../timing/clocks.ts';
import { temperatureSchema } from '../timing/cold-warm.ts';
import { overheadSchema } from '../timing/overhead.ts';
import { phasesSchema, unexplainedSchema } from '../timing/phases.ts';
import { workTotalsSchema } from '../timing/workers.ts';
import { problemSchema } from '../workloads/problems.ts';
import { armUseSchema } from './arm-use.ts';
import { hostUseSchema } from './hosts.ts';
import { stageTimesSchema } from './stages.ts';

const ms = z.int().nonnegative();
const rate = z.number().nonnegative();

/** When an arm ran in one round, by the clock of the state machine, and how it ended. */
export const armTimesSchema = z.object({
  arm: armSchema,
  round: z.int().nonnegative(),
  status: z.enum(['succeeded', 'failed', 'skipped']),
  /** Epoch milliseconds; null where the arm was skipped. */
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type ArmTimes = z.infer<typeof armTimesSchema>;

/** One arm in one round. A null says: not known, since the arm did not run or its files were not read. */
export const armRoundSchema = armTimesSchema.extend({
  wallMs: ms.nullable(),
  phases: phasesSchema.nullable(),
  unexplainedMs: ms.nullable(),
  /** What `phases.overhead` and `unexplainedMs` are made of. */
  overhead: overheadSchema.nullable(),
  unexplained: unexplainedSchema.nullable(),
  /** Whether clocks of hosts were wrong; and batches with a cold start beside those without. */
  clocks: armClocksSchema.nullable(),
  cold: temperatureSchema.nullable(),
  warm: temperatureSchema.nullable(),
  windowStartMs: ms.nullable(),
  windowEndMs: ms.nullable(),
  /** Rows, failed items included. */
  items: z.int().nonnegative(),
  failedItems: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** Images of 16 bits, of which 8 were measured. */
  droppedBits: z.int().nonnegative(),
  /** Batches that an earlier run did and this one took over. Where there are any, no rate is given. */
  batchesTakenOver: z.int().nonnegative(),
  /** Measured items (failed ones left out) and their 10^6 bytes per second of wall time. */
  itemsPerSecond: rate.nullable(),
  megabytesPerSecond: rate.nullable(),
  digest: z.string().nullable(),
  valid: z.boolean(),
  problems: z.array(problemSchema),
  peakConcurrency: z.int().nonnegative().nullable(),
  /** What each stage took; empty where the arm is a single map, and where its files were not read. */
  stages: z.array(stageTimesSchema),
  work: workTotalsSchema.nullable(),
  fleet: fleetInfoSchema.nullable(),
  /** Fleet only: each host, and what it used. */
  hosts: z.array(hostUseSchema),
  /** What the bill is made of; null where there are no spans. */
  use: armUseSchema.nullable(),
  /** Fleet only: its instances, as EC2 told of them when they were gone; null where nobody wrote that down. */
  instances: z.array(instanceLifeSchema).nullable(),
});
export type ArmRound = z.infer<typeof armRoundSchema>;

/** What a run was asked for, as far as its summary tells it. */
export const requestFactsSchema = runSchema.pick({
  stage: true,
  bucket: true,
  prefix: true,
  requesterPays: true,
  workload: true,
  kernel: true,
  kernelNote: true,
  arms: true,
  engine: true,
  keptFleet: true,
  workers: true,
  instanceType: true,
  memory: true,
  imageMemory: true,
  concurrency: true,
  batchSize: true,
  toleratedFailures: true,
  repeats: true,
  schedule: true,
  baseline: true,
  accountLimit: true,
  resume: true,
});

/** What a bill and a model are made of: the facts of a run in summary.json, without what is concluded from them. */
export interface RunFacts {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly request: Readonly<z.infer<typeof requestFactsSchema>>;
  readonly plan: Plan;
  readonly environment: ReportEnvironment;
  readonly baseline: (Baseline & { readonly itemsPerSecond: number | null }) | null;
  readonly rounds: readonly { readonly round: number; readonly arms: readonly ArmRound[] }[];
}
