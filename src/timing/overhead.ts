import * as z from 'zod';
import type { Interval } from './interval.ts';

const ms = z.int().nonnegative();

/**
 * What the phase `overhead` is made of: milliseconds of the wall time that add up to it. `idle…` is slot time in which a
 * slot had no batch while a map was under way; of several maps it is added up.
 */
export const overheadSchema = z.object({
  /** Inside batches: what their workers spent beside listing, loading, processing and writing. */
  batch: ms,
  /** Before as many batches ran as ever did at the same time in that map. */
  idleAtStart: ms,
  /** Between batches, while there were more to be begun: dispatch. */
  idleBetween: ms,
  /** After the last batch had begun. */
  idleAtEnd: ms,
  /** Only of several stages: what their batches left was added up. */
  reduce: ms,
  /** Only of several stages: neither a batch nor a reduce was under way, since one stage was over and the next one not begun. */
  betweenStages: ms,
  /** Slots that may have been at work on batches that left no span. */
  unmeasured: ms,
});
export type Overhead = z.infer<typeof overheadSchema>;
export const OVERHEAD_PARTS = [
  ...(['batch', 'idleAtStart', 'idleBetween', 'idleAtEnd'] as const),
  ...(['reduce', 'betweenStages', 'unmeasured'] as const),
] as const;

type Piece = 'atStart' | 'between' | 'atEnd';

/** The pieces of a map's window, divided where its peak is reached and where its last batch begins: `idle…` of `Overhead`. */
export type SlotTime = Readonly<Record<Piece, { readonly lengthMs: number; readonly busyMs: number }>>;

/** Slot time of each piece in which a slot was idle. */
export type Idle = Readonly<Record<Piece, number>>;

export type Concurrency = {
  /** The most intervals that are open at the same time; one that ends when another starts is not beside it. */
  readonly peak: number;
  readonly slotTime: SlotTime;
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
  const pieceOf = (from: number, to: number) => {
    let busyMs = 0;
    for (const interval of intervals) {
      busyMs += Math.max(0, Math.min(interval.to, to) - Math.max(interval.from, from));
    }
    return { lengthMs: to - from, busyMs };
  };
  return {
    peak,
    slotTime: {
      atStart: pieceOf(window.from, peakAt),
      between: pieceOf(peakAt, lastStart),
      atEnd: pieceOf(lastStart, window.to),
    },
  };
}

/** @param slots that there were: the peak of the map, or of another one of the same arm */
export function idleOf(slotTime: SlotTime, slots: number): Idle {
  return byPiece((piece) => Math.max(0, slots * slotTime[piece].lengthMs - slotTime[piece].busyMs));
}

/**
 * Divide idle time of slots between what is known of it and batches that left no span: each may have taken as long as
 * the others did, so that up to so much of the idle time is not explained. It is taken from all parts alike.
 *
 * @param lostMs slot time that batches without a span may have taken
 */
export function withLost(idle: Idle, lostMs: number): { readonly idle: Idle; readonly unmeasured: number } {
  const total = idle.atStart + idle.between + idle.atEnd;
  const unmeasured = Math.min(total, lostMs);
  const kept = total === 0 ? 0 : 1 - unmeasured / total;
  return { idle: byPiece((piece) => idle[piece] * kept), unmeasured };
}

function byPiece(of: (piece: Piece) => number): Idle {
  return { atStart: of('atStart'), between: of('between'), atEnd: of('atEnd') };
}
