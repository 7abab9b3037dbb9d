import * as z from 'zod';

/** A rate as tc(8) takes it. */
export const rate = z.string().regex(/^[1-9][0-9]{0,5}(kbit|mbit|gbit)$/, 'a rate such as 10mbit');

/** The change that a test makes to a host from outside: a fault, or its repair. */
export const hostChangeSchema = z.strictObject({
  /** `down`: its wire is cut, and nobody is told. */
  link: z.enum(['up', 'down']).optional(),
  /** Of what it sends and what it receives, each; null for no limit. */
  bandwidth: rate.nullable().optional(),
  /** In cores. */
  cpus: z.number().min(0.05).max(1_024).optional(),
  memoryMiB: z.int().min(16).max(16_777_216).optional(),
  /** Do not answer its calls to AWS whose path this regular expression matches; null to answer them all. */
  hold: z.string().min(1).refine(isRegExp, 'a regular expression').nullable().optional(),
  /** Send a signal to its processes whose command line this regular expression matches. */
  kill: z.string().min(1).refine(isRegExp, 'a regular expression').optional(),
  /** @default KILL */
  signal: z.enum(['KILL', 'TERM', 'STOP', 'CONT', 'INT']).optional(),
});
export type HostChange = z.infer<typeof hostChangeSchema>;

/** What came of it. */
export interface HostOutcome {
  /** Numbers of the processes that got the signal, as the host sees them. */
  killed?: readonly number[];
}

/** What happens to every call that hosts make to AWS: `unavailable` answers S3 with 503, `reset` resets connections. */
export const awsFaultSchema = z.strictObject({
  fault: z.enum(['unavailable', 'reset']).nullable(),
  /** How long. @default 3600 */
  seconds: z.number().positive().max(86_400).default(3_600),
});
export type AwsFault = z.infer<typeof awsFaultSchema>;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
