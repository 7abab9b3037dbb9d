import * as z from 'zod';

const ms = z.int().nonnegative();

/**
 * What the phase `overhead` is made of: milliseconds of the wall time that add up to it. `idle…` is slot time in which a
 * slot had no batch.
 */
export const overheadSchema = z.object({
  /** Inside batches: what their workers spent beside listing, loading, processing and writing. */
  batch: ms,
  /** Before as many batches ran as ever did at the same time. */
  idleAtStart: ms,
  /** Between batches, while there were more to be begun: dispatch. */
  idleBetween: ms,
  /** After the last batch had begun. */
  idleAtEnd: ms,
  /** Slots that may have been at work on batches that left no span. */
  unmeasured: ms,
});
export type Overhead = z.infer<typeof overheadSchema>;
export const OVERHEAD_PARTS = ['batch', 'idleAtStart', 'idleBetween', 'idleAtEnd', 'unmeasured'] as const;

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export type Concurrency = {
  /** The most intervals that are open at the same time; one that ends when another starts is not beside it. */
  readonly peak: number;
  /** Slot time, with as many slots as the peak, in which a slot was idle; see `Overhead`. */
  readonly idle: { readonly atStart: number; readonly between: number; readonly atEnd: number };
};

/** Count what is open over `window`, which has all intervals in it. */
export function concurrencyOf(intervals: readonly Interval[], window: Interval): Concurrency {
  const starts = Float64Array.from(intervals, ({ from }) => from).sort();
  const ends = Float64Array.from(intervals, ({ from, to }) => Math.max(from, to)).sort();
  let [peak, peakAt, closed] = [0, window.from, 0];
  for (const [opened, start] of starts.entries()) {
    while (closed < opened && (ends[closed] ?? Number.POSITIVE_INFINITY) <= start) closed += 1;
    if (opened + 1 - closed > peak) [peak, peakAt] = [opened + 1 - closed, start];
  }
  const lastStart = starts.at(-1) ?? window.from;
  const idleIn = (from: number, to: number) => {
    let busy = 0;
    for (const interval of intervals) {
      busy += Math.max(0, Math.min(interval.to, to) - Math.max(interval.from, from));
    }
    return Math.max(0, peak * (to - from) - busy);
  };
  return {
    peak,
    idle: {
      atStart: idleIn(window.from, peakAt),
      between: idleIn(peakAt, lastStart),
      atEnd: idleIn(lastStart, window.to),
    },
  };
}

/**
 * Divide idle time of slots between what is known of it and batches that left no span: each may have taken as long as
 * the others did, so that up to so much of the idle time is not explained. It is taken from all parts alike.
 *
 * @param lostMs slot time that batches without a span may have taken
 */
export function withLost(
  idle: Concurrency['idle'],
  lostMs: number,
): { readonly idle: Concurrency['idle']; readonly unmeasured: number } {
  const total = idle.atStart + idle.between + idle.atEnd;
  const unmeasured = Math.min(total, lostMs);
  const kept = total === 0 ? 0 : 1 - unmeasured / total;
  return {
    idle: { atStart: idle.atStart * kept, between: idle.between * kept, atEnd: idle.atEnd * kept },
    unmeasured,
  };
}
