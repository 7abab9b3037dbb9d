import * as z from 'zod';
import type { Sample } from './samples.ts';

/** How long a host computed, milliseconds: over all its cores, of the time in which it was watched. */
export const cpuTimeSchema = z.object({
  cpuMs: z.number().nonnegative(),
  watchedMs: z.number().nonnegative(),
});
export type CpuTime = z.infer<typeof cpuTimeSchema>;

/**
 * The CPU time that samples tell of, each of the time since the one before it.
 *
 * @param samples in order of time
 * @returns null where there is no time between them
 */
export function cpuTime(samples: readonly Sample[]): CpuTime | null {
  let cpuMs = 0;
  let watchedMs = 0;
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (before === undefined) continue;
    watchedMs += sample.at - before.at;
    cpuMs += sample.cpu * (sample.at - before.at);
  }
  return watchedMs === 0 ? null : { cpuMs, watchedMs };
}
