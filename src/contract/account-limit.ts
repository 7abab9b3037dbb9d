import * as z from 'zod';
import { SCHEDULES } from './schedule.ts';

/** How many functions an account lets run at once in a region. */
export const accountConcurrencySchema = z.object({
  /** Its quota for all functions, and what of it no function has for itself. */
  account: z.int().nonnegative(),
  unreserved: z.int().nonnegative(),
  /** What the measure function has for itself; null where it shares the unreserved part. */
  reserved: z.int().nonnegative().nullable(),
});
export type AccountConcurrency = z.infer<typeof accountConcurrencySchema>;

/** What the account's concurrency did to a run. */
export const accountLimitSchema = z.object({
  /** Measure functions at once, and the schedule, as they were asked for. */
  askedConcurrency: z.int(),
  askedSchedule: z.enum(SCHEDULES),
  /** Null where Lambda did not tell; then `unknown` is the code of its error. */
  found: accountConcurrencySchema.nullable(),
  unknown: z.string().nullable(),
});
export type AccountLimit = z.infer<typeof accountLimitSchema>;

/** Functions of a run beside its batches: launch-fleet or terminate-fleet, while both arms are at work. */
export const BESIDE_THE_MAP = 1;

/** Most calls of the measure function at once, as far as the quota goes. */
export function availableTo({ unreserved, reserved }: AccountConcurrency): number {
  return reserved ?? unreserved;
}
