import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';

/** What one arm did in a night. */
export const nightArmSchema = z.object({
  arm: armSchema,
  /** Median wall time of the rounds that count, and theirs one by one. */
  seconds: z.number().positive(),
  rounds: z.array(z.number().positive()).min(1),
  /** Cost of the median round; null where the run has no bill. */
  usd: z.number().positive().nullable(),
});
export type NightArm = z.infer<typeof nightArmSchema>;

/** A night on the record: one object in S3 that is written once. */
export const nightSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  /** When the night began, epoch milliseconds. */
  at: z.int(),
  status: z.enum(['succeeded', 'failed']),
  /** Why it failed. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Who added it by hand; null for the schedule. */
  addedBy: z.string().nullable(),
  /** What two nights must share to be compared, by its name; empty where there is no summary. */
  conditions: z.record(z.string(), z.string()),
  /** The version of fanfleet: not a condition, since it is what the nights judge. */
  fanfleet: z.string().nullable(),
  /** Date of the prices that `usd` was computed with. */
  pricesOf: z.string().nullable(),
  /** Arms with a time that counts. */
  arms: z.array(nightArmSchema),
});
export type Night = z.infer<typeof nightSchema>;

/** The present level declared to be the accepted one: an object of its own that is never changed. */
export const resetSchema = z.object({
  version: z.literal(1),
  at: z.int(),
  by: z.string().min(1),
  why: z.string().min(1),
});
export type Reset = z.infer<typeof resetSchema>;

/** All that is on the record under one name, in the order of time. */
export interface History {
  readonly name: string;
  readonly nights: readonly Night[];
  readonly resets: readonly Reset[];
}

/** A name is a part of keys and of a metric's dimension. */
export const historyNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name of at most 64 letters, digits, dots, dashes and underscores',
  );
