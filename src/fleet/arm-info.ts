import * as z from 'zod';
import { clockOffsetSchema, processorSchema } from '../contract/span.ts';
import { workerStartSchema } from './worker-starts.ts';

/** One instance of the fleet, as it saw its own boot. Times are epoch milliseconds. */
export const hostSchema = z.object({
  instanceId: z.string(),
  role: z.enum(['head', 'worker']),
  address: z.string(),
  instanceType: z.string(),
  /** Null or absent where it is not known. */
  processor: processorSchema.nullish(),
  /** Those that its driver tells of, which no model uses (docs/devices.md); absent in reports of earlier versions. */
  gpus: z
    .array(z.object({ name: z.string(), memoryBytes: z.number().nullable(), driver: z.string() }))
    .optional(),
  /** Batches at once. */
  cpus: z.number(),
  /** Cores that it has, or that its cgroup grants it, such as 0.4. */
  quotaCpus: z.number(),
  memoryBytes: z.number(),
  /** Why the native kernel cannot be loaded there; null where it can. */
  noNativeKernel: z.string().nullable(),
  bootStartedAt: z.number(),
  readyAt: z.number(),
  /** Steps of several processes overlap. */
  steps: z.array(z.object({ name: z.string(), ms: z.number(), startedAt: z.number() })),
});

/** What was done on a kept fleet. Times are epoch milliseconds by the head's clock, but `submittedAt`. */
export const keptJobSchema = z.object({
  name: z.string(),
  /** The name and which life of it. */
  id: z.string(),
  /** Its number in the queue; the first is 1. */
  job: z.int().positive(),
  /** By the clock of the function that put it into the queue. */
  submittedAt: z.number(),
  takenAt: z.number(),
  endedAt: z.number(),
  /** When the job before was over; null for the first. */
  idleSince: z.number().nullable(),
  /** Workers that were there when it was taken. */
  workersAlive: z.int(),
});
export type KeptJob = z.infer<typeof keptJobSchema>;

/** `arm.json` of the fleet arm, written by the head. */
export const fleetInfoSchema = z.object({
  arm: z.literal('fleet'),
  round: z.int(),
  engine: z.string(),
  versions: z.record(z.string(), z.string()),
  settings: z.record(z.string(), z.string()),
  status: z.enum(['succeeded', 'failed']),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  workersRequested: z.int(),
  /** Before the engine began. */
  workersJoined: z.int(),
  /** The head's calls for more workers, where it might start some. */
  workerStarts: z.array(workerStartSchema).optional(),
  /** The cluster in the engine's own words, once the workers had joined. */
  clusterStatus: z.string(),
  dashboard: z.string(),
  hosts: z.array(hostSchema),
  /** Head: the job began, all workers joined (or the deadline passed), the engine began and ended. */
  jobStartedAt: z.number(),
  workersReadyAt: z.number(),
  engineStartedAt: z.number(),
  engineEndedAt: z.number(),
  /** S3's clock minus the head's (docs/clocks.md); null where it is not known. */
  clock: clockOffsetSchema.nullable(),
  /** Only on a kept fleet. */
  kept: keptJobSchema.optional(),
});
export type FleetInfo = z.infer<typeof fleetInfoSchema>;
