import type { Member } from './member.ts';
import type { SchedulerOptions } from './options.ts';

/**
 * The batch that has been with its worker for longest, if that is long for a batch: speculative execution as in
 * MapReduce (Dean and Ghemawat 2004, section 3.6).
 *
 * @param now milliseconds
 * @param mayCopy whether a batch may be given to one more worker
 */
export function straggler(
  members: Iterable<Member>,
  now: number,
  options: Pick<SchedulerOptions, 'stragglerFactor' | 'stragglerMs'>,
  mayCopy: (batch: number) => boolean,
): number | undefined {
  const all = [...members];
  const means = all.flatMap(({ meanMs }) => meanMs ?? []);
  const meanMs = means.reduce((sum, ms) => sum + ms, 0) / means.length;
  const longMs = means.length === 0 ? options.stragglerMs : options.stragglerFactor * meanMs;
  let slowest: { readonly batch: number; readonly grantedAt: number } | undefined;
  for (const { leases } of all) {
    for (const [batch, { grantedAt }] of leases) {
      const isSlower = slowest === undefined || grantedAt < slowest.grantedAt;
      if (isSlower && now - grantedAt > longMs && mayCopy(batch)) slowest = { batch, grantedAt };
    }
  }
  return slowest?.batch;
}
