import * as z from 'zod';
import { adviceSchema } from '../advice/advice.ts';
import { failureSchema } from '../aggregate/arm-aggregate.ts';
import { armRoundSchema, requestFactsSchema } from '../aggregate/run-facts.ts';
import { armSchema } from '../contract/arm.ts';
import { baselineSchema } from '../contract/baseline.ts';
import { planSchema } from '../contract/plan.ts';
import { environmentSchema } from '../contract/report-environment.ts';
import { unitSchema } from '../contract/unit.ts';
import { costSchema } from '../cost/bill.ts';
import { curvesSchema } from '../model/curves.ts';
import { timelineSchema } from '../timing/timeline.ts';
import { answerSchemaWith } from '../workloads/answers.ts';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const SUMMARY_VERSION = 2;

const rate = z.number().nonnegative();

/** One arm over its rounds. Only rounds that succeeded with a valid answer count for the figures. */
export const armSummarySchema = z.object({
  arm: armSchema,
  rounds: z.int().nonnegative(),
  succeeded: z.int().nonnegative(),
  wallMs: z.object({ median: z.number(), min: z.number(), max: z.number() }).nullable(),
  /** Items and megabytes over the median wall time. */
  itemsPerSecond: rate.nullable(),
  megabytesPerSecond: rate.nullable(),
  /** Items per second over those of the baseline; null also where the baseline had another kernel. */
  speedup: rate.nullable(),
  /** The kernels that measured in its rounds, sorted by name: more than one where workers or rounds differed. */
  kernels: z.array(z.string()),
  /** The round that stands for the arm in the report: the one with the (lower) median wall time. */
  shownRound: z.int().nonnegative().nullable(),
});
export type ArmSummary = z.infer<typeof armSummarySchema>;

export const agreementSchema = z.object({
  /** Null where there is nothing to compare. */
  equal: z.boolean().nullable(),
  /** The digest that all share, if they do. */
  digest: z.string().nullable(),
  /** What all have in common, where their rows differ within the tolerance of the workload; absent where they are equal. */
  within: z.string().optional(),
  reason: z.string(),
});
export type Agreement = z.infer<typeof agreementSchema>;

/** What stands in the way of a ranking. */
export const RANKING_OBSTACLES = [
  'failed arm',
  'not read',
  'digest',
  'not valid',
  'nothing to compare',
  'resumed',
  'kernel',
  'contention',
] as const;
export type RankingObstacle = (typeof RANKING_OBSTACLES)[number];

export const rankingSchema = z.object({
  ranked: z.boolean(),
  /** Null where the arms are ranked. */
  obstacle: z.enum(RANKING_OBSTACLES).nullable(),
  /** Why there is no ranking, or what it rests on. */
  reason: z.string(),
  faster: armSchema.nullable(),
  /** Median wall time of the slower arm over that of the faster one. */
  ratio: z.number().min(1).nullable(),
  notes: z.array(z.string()),
});
export type Ranking = z.infer<typeof rankingSchema>;

const sourceSchema = z.object({ arm: armSchema, round: z.int().nonnegative() });

/** `summary.json`; docs/summary.md says how each figure is computed. */
export const summarySchema = z.object({
  schemaVersion: z.literal(SUMMARY_VERSION),
  runId: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  /** The outcome in one sentence. */
  headline: z.string(),
  /** What one must know to trust it: why there is no ranking, failed items, noise. */
  remarks: z.array(z.string()),
  request: requestFactsSchema,
  /** What an item is in this workload: of images `image`, `images`. */
  unit: unitSchema,
  plan: planSchema,
  environment: environmentSchema,
  /** Whether the arms ran at the same time on the same cores. */
  contended: z.boolean(),
  agreement: agreementSchema,
  ranking: rankingSchema,
  arms: z.array(armSummarySchema),
  baseline: baselineSchema.extend({ itemsPerSecond: rate.nullable() }).nullable(),
  rounds: z.array(z.object({ round: z.int().nonnegative(), arms: z.array(armRoundSchema) })),
  /** Items that could not be measured, by code, and the arm and round that it is taken from. */
  failures: z.object({ source: sourceSchema.nullable(), codes: z.array(failureSchema) }),
  /** What the workload found out, and the arm and round that it is taken from; null where nothing was read. */
  answer: answerSchemaWith({ source: sourceSchema }).nullable(),
  /** Each arm's shown round as a picture. */
  timelines: z.array(timelineSchema.extend({ arm: armSchema, round: z.int().nonnegative() })),
  /** The whole bill; null where there was nothing to bill. */
  cost: costSchema.nullable(),
  /** Time and cost over the number of items, by the model; null where it had nothing to rest on. */
  curves: curvesSchema.nullable(),
  /** Which arm with which settings, by the same model; null where there are no curves. */
  advice: adviceSchema.nullable(),
});
export type Summary = z.infer<typeof summarySchema>;
