import * as z from 'zod';
import { adviceSchema } from '../advice/advice.ts';
import { failureSchema } from '../aggregate/arm.ts';
import { armUseSchema } from '../aggregate/arm-use.ts';
import { constantsSchema } from '../aggregate/constants.ts';
import { hostUseSchema } from '../aggregate/hosts.ts';
import { outliersSchema } from '../aggregate/outliers.ts';
import { problemSchema } from '../aggregate/problems.ts';
import { datasetStatisticsSchema } from '../aggregate/statistics.ts';
import { costSchema } from '../cost/bill.ts';
import { planSchema } from '../dataset/manifest.ts';
import { fleetInfoSchema } from '../fleet/arm-info.ts';
import { instanceLifeSchema } from '../fleet/instance-life.ts';
import { curvesSchema } from '../model/curves.ts';
import { armSchema } from '../run/request.ts';
import { runSchema } from '../run/run.ts';
import { armClocksSchema } from '../timing/clocks.ts';
import { temperatureSchema } from '../timing/cold-warm.ts';
import { overheadSchema } from '../timing/overhead.ts';
import { phasesSchema, unexplainedSchema } from '../timing/phases.ts';
import { timelineSchema } from '../timing/timeline.ts';
import { workTotalsSchema } from '../timing/workers.ts';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const SUMMARY_VERSION = 1;

const ms = z.int().nonnegative();
const rate = z.number().nonnegative();

/** Where the report was made and the arms ran. */
export const environmentSchema = z.object({
  /** True where AWS was the local one: both arms shared this machine. */
  offline: z.boolean(),
  region: z.string(),
  node: z.string(),
  platform: z.string(),
  cpuModel: z.string(),
  cores: z.int().nonnegative(),
  memoryBytes: z.int().nonnegative(),
  /** Versions of what decodes and of what runs, e.g. `sharp`. */
  versions: z.record(z.string(), z.string()),
});
export type ReportEnvironment = z.infer<typeof environmentSchema>;

/** The centralised single-thread run, with the kernel of the serverless arm, over all images, or a sample of them. */
export const baselineSchema = z.object({
  /** Images that were measured, failed ones left out, and the sizes of their objects. */
  images: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  wallMs: z.number().nonnegative(),
  cpuMs: z.number().nonnegative(),
  kernel: z.string(),
  /** False where only a sample of the manifest was run. */
  complete: z.boolean(),
});
export type Baseline = z.infer<typeof baselineSchema>;

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
  /** What `phases.overhead` and `unexplainedMs` are made of. Rounds of before they were divided have neither. */
  overhead: overheadSchema.nullable().default(null),
  unexplained: unexplainedSchema.nullable().default(null),
  /** Whether clocks of hosts were wrong; and batches with a cold start beside those without. */
  clocks: armClocksSchema.nullable().default(null),
  cold: temperatureSchema.nullable().default(null),
  warm: temperatureSchema.nullable().default(null),
  windowStartMs: ms.nullable(),
  windowEndMs: ms.nullable(),
  /** Rows, failed images included. */
  images: z.int().nonnegative(),
  failedImages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** Images of 16 bits, of which 8 were measured. Rounds of before they were counted have 0. */
  droppedBits: z.int().nonnegative().default(0),
  /** Batches that an earlier run did and this one took over. Where there are any, no rate is given. */
  batchesTakenOver: z.int().nonnegative().default(0),
  /** Measured images (failed ones left out) and their 10^6 bytes per second of wall time. */
  imagesPerSecond: rate.nullable(),
  megabytesPerSecond: rate.nullable(),
  digest: z.string().nullable(),
  valid: z.boolean(),
  problems: z.array(problemSchema),
  peakConcurrency: z.int().nonnegative().nullable(),
  work: workTotalsSchema.nullable(),
  fleet: fleetInfoSchema.nullable(),
  /** Fleet only: each host, and what it used. Rounds of before fleets were watched have none. */
  hosts: z.array(hostUseSchema).default([]),
  /** What the bill is made of; null where there are no spans, and in rounds of before it was counted. */
  use: armUseSchema.nullable().default(null),
  /** Fleet only: its instances, as EC2 told of them when they were gone; null where nobody wrote that down. */
  instances: z.array(instanceLifeSchema).nullable().default(null),
});
export type ArmRound = z.infer<typeof armRoundSchema>;

/** One arm over its rounds. Only rounds that succeeded with a valid answer count for the figures. */
export const armSummarySchema = z.object({
  arm: armSchema,
  rounds: z.int().nonnegative(),
  succeeded: z.int().nonnegative(),
  wallMs: z.object({ median: z.number(), min: z.number(), max: z.number() }).nullable(),
  /** Images and megabytes over the median wall time. */
  imagesPerSecond: rate.nullable(),
  megabytesPerSecond: rate.nullable(),
  /** Images per second over those of the baseline. */
  speedup: rate.nullable(),
  /** The round that stands for the arm in the report: the one with the (lower) median wall time. */
  shownRound: z.int().nonnegative().nullable(),
});
export type ArmSummary = z.infer<typeof armSummarySchema>;

export const agreementSchema = z.object({
  /** Null where there is nothing to compare. */
  equal: z.boolean().nullable(),
  /** The digest that all share, if they do. */
  digest: z.string().nullable(),
  reason: z.string(),
});
export type Agreement = z.infer<typeof agreementSchema>;

export const rankingSchema = z.object({
  ranked: z.boolean(),
  /** Why there is no ranking, or what it rests on. */
  reason: z.string(),
  faster: armSchema.nullable(),
  /** Median wall time of the slower arm over that of the faster one. */
  ratio: z.number().min(1).nullable(),
  notes: z.array(z.string()),
});
export type Ranking = z.infer<typeof rankingSchema>;

const requestSummarySchema = runSchema
  .pick({
    stage: true,
    bucket: true,
    prefix: true,
    requesterPays: true,
    operation: true,
    arms: true,
    engine: true,
    workers: true,
    instanceType: true,
    memory: true,
    concurrency: true,
    batchSize: true,
    toleratedFailures: true,
    repeats: true,
    schedule: true,
    baseline: true,
    accountLimit: true,
  })
  // Summaries of runs before there was a normalisation have neither.
  .extend({
    depth: runSchema.shape.depth,
    normalisation: runSchema.shape.normalisation.default(null),
    statisticsRun: runSchema.shape.statisticsRun.default(null),
    resume: runSchema.shape.resume.default(null),
    keptFleet: runSchema.shape.keptFleet,
    imageMemory: runSchema.shape.imageMemory.optional(),
  });

const sourceSchema = z.object({ arm: armSchema, round: z.int().nonnegative() });

/** `summary.json`; docs/summary.md says how each figure is computed. */
export const summarySchema = z.object({
  schemaVersion: z.literal(SUMMARY_VERSION),
  runId: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  /** The outcome in one sentence. */
  headline: z.string(),
  /** What one must know to trust it: why there is no ranking, failed images, noise. */
  remarks: z.array(z.string()),
  request: requestSummarySchema,
  plan: planSchema,
  environment: environmentSchema,
  /** Whether the arms ran at the same time on the same cores. */
  contended: z.boolean(),
  agreement: agreementSchema,
  ranking: rankingSchema,
  arms: z.array(armSummarySchema),
  baseline: baselineSchema.extend({ imagesPerSecond: rate.nullable() }).nullable(),
  rounds: z.array(z.object({ round: z.int().nonnegative(), arms: z.array(armRoundSchema) })),
  /** Images that could not be measured, by code, and the arm and round that it is taken from. */
  failures: z.object({ source: sourceSchema.nullable(), codes: z.array(failureSchema) }),
  dataset: datasetStatisticsSchema
    .extend({
      source: sourceSchema,
      /** Ready to be pasted; null where mean or standard deviation is not known. */
      constants: constantsSchema.nullable().default(null),
    })
    .nullable(),
  /** Of the same arm and round as `dataset`; null in summaries of before they were looked for. */
  outliers: outliersSchema.extend({ source: sourceSchema }).nullable().default(null),
  /** Each arm's shown round as a picture. */
  timelines: z.array(timelineSchema.extend({ arm: armSchema, round: z.int().nonnegative() })),
  /** The whole bill; null where there was nothing to bill. */
  cost: costSchema.nullable().default(null),
  /** Time and cost over the number of images, by the model; null where it had nothing to rest on. */
  curves: curvesSchema.nullable().default(null),
  /** Which arm with which settings, by the same model; null where there are no curves. */
  advice: adviceSchema.nullable().default(null),
});
export type Summary = z.infer<typeof summarySchema>;
