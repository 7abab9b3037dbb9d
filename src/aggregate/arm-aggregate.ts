import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';
import { armClocksSchema } from '../timing/clocks.ts';
import { temperatureSchema } from '../timing/cold-warm.ts';
import { armPhasesSchema } from '../timing/phases.ts';
import { timelineSchema } from '../timing/timeline.ts';
import { workTotalsSchema } from '../timing/workers.ts';
import { answerSchema } from '../workloads/answers.ts';
import { EXAMPLES, problemSchema } from '../workloads/problems.ts';
import { armUseSchema } from './arm-use.ts';
import { stageTimesSchema } from './stages.ts';

export const failureSchema = z.object({
  code: z.string(),
  count: z.int().positive(),
  /** The first keys in S3's order. */
  examples: z.array(z.string()).max(EXAMPLES),
});

/** Everything that the files of one arm in one round say. */
export const armAggregateSchema = z.object({
  arm: armSchema,
  round: z.int().nonnegative(),
  /** Whether every key of the manifest has exactly one sound row, in order. */
  valid: z.boolean(),
  problems: z.array(problemSchema),
  /**
   * SHA-256 of the result files in batch order, each with the histogram of its batch if there is one, in hexadecimal. Of several
   * stages the outcomes of all of them come first, in their order, and the result files are those of the last one.
   */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the manifest. */
  batches: z.int().nonnegative(),
  /** Batches that an earlier run did, of all stages: their rows count, their times do not. */
  batchesTakenOver: z.int().nonnegative(),
  /** Keys of the manifest. */
  itemsPlanned: z.int().nonnegative(),
  /** Keys of the manifest that have a row, failed ones included. */
  items: z.int().nonnegative(),
  failedItems: z.int().nonnegative(),
  /** Sizes of the objects that were measured, failed ones left out. */
  bytes: z.int().nonnegative(),
  failures: z.array(failureSchema),
  /** Images of 16 bits, of which 8 were measured, as the spans say. */
  droppedBits: z.int().nonnegative(),
  answer: answerSchema,
  /** Empty where the arm is a single map. */
  stages: z.array(stageTimesSchema),
  timing: armPhasesSchema,
  clocks: armClocksSchema,
  cold: temperatureSchema,
  warm: temperatureSchema,
  work: workTotalsSchema,
  use: armUseSchema,
  timeline: timelineSchema,
});
export type ArmAggregate = z.infer<typeof armAggregateSchema>;
