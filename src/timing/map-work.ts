import type { Span } from '../contract/span.ts';
import { clamp, clip, type Interval, lengthOf } from './interval.ts';
import { concurrencyOf, type SlotTime } from './overhead.ts';

/** The part of a span that the phases are made of. */
export type PhaseSpan = Pick<
  Span,
  'startedAt' | 'endedAt' | 'coldStartMs' | 'listMs' | 'loadMs' | 'processMs' | 'putMs'
>;

/** What one map over the manifest took: some numbers, however many batches it has. */
export interface MapWork {
  readonly spans: number;
  /** Batches that left no span. */
  readonly lost: number;
  /** From the first activity to the end of the last batch; without spans all of the time in which the map can have been. */
  readonly window: Interval;
  /** Activity outside of what it was cut to, and spans that ended before they started. */
  readonly outsideMs: number;
  /** By how much the parts of batches say more than their wall times. */
  readonly excessMs: number;
  /** Slot time of all batches, cold starts included. */
  readonly busyMs: number;
  readonly totals: {
    readonly coldStart: number;
    readonly load: number;
    readonly process: number;
    readonly write: number;
    /** Inside batches, beside these. */
    readonly batch: number;
  };
  /** The most batches, with their cold starts, at the same time. */
  readonly peak: number;
  readonly slotTime: SlotTime;
}

/** In which a map was, with its reduce: null where there is none. */
export interface MapBounds extends Interval {
  readonly reduce: Interval | null;
  /** When whatever gives out the batches began, by the clock of the spans. @default with the first activity */
  readonly engineStartedAt?: number | undefined;
}

/**
 * Add up the spans of a map.
 *
 * @param bounds in which it was: what lies outside is cut off
 * @param lost batches that left no span
 */
export function mapWork(bounds: MapBounds, spans: readonly PhaseSpan[], lost: number): MapWork {
  const { outside, ...window } = windowOf(bounds, spans, lost);
  const totals = { coldStart: 0, load: 0, process: 0, write: 0, batch: 0 };
  const busy: Interval[] = [];
  let [reversed, excessMs] = [0, 0];
  for (const span of spans) {
    reversed += Math.max(0, span.startedAt - span.endedAt);
    const cold = clip({ from: span.startedAt - span.coldStartMs, to: span.startedAt }, window);
    const work = clip({ from: span.startedAt, to: span.endedAt }, window);
    const shares = spanShares(span, lengthOf(work));
    totals.coldStart += lengthOf(cold);
    totals.load += shares.load;
    totals.process += shares.process;
    totals.write += shares.write;
    totals.batch += Math.max(0, lengthOf(work) - shares.load - shares.process - shares.write);
    excessMs += excessOf(span);
    busy.push({ from: cold.from, to: Math.max(cold.to, work.to) });
  }
  const { peak, slotTime } = concurrencyOf(busy, window);
  return {
    spans: spans.length,
    lost,
    window,
    outsideMs: outside + reversed,
    excessMs,
    busyMs: busy.reduce((sum, interval) => sum + lengthOf(interval), 0),
    totals,
    peak,
    slotTime,
  };
}

/**
 * What a span's own wall time went to. Fetching that is hidden behind decoding is no load: it cost no time. Where the
 * parts say more than the wall (clocks differ), each is scaled down by the same factor; what they leave is the batch's
 * overhead.
 *
 * @param wallMs the span's wall time, or the part of it that counts
 */
export function spanShares(
  span: PhaseSpan,
  wallMs: number,
): { load: number; process: number; write: number } {
  const load = span.listMs + span.loadMs;
  const process = span.processMs;
  const write = span.putMs;
  const sum = load + process + write;
  const scale = sum > wallMs ? wallMs / sum : 1;
  return { load: load * scale, process: process * scale, write: write * scale };
}

/** By how much the parts of a span say more than its wall time. */
function excessOf(span: PhaseSpan): number {
  const parts = span.listMs + span.loadMs + span.processMs + span.putMs;
  return Math.max(0, parts - Math.max(0, span.endedAt - span.startedAt));
}

/** From the first activity to the end of the last batch, cut to the bounds; without spans nothing is known but the engine's start. */
function windowOf(
  bounds: MapBounds,
  spans: readonly PhaseSpan[],
  lost: number,
): Interval & { readonly outside: number } {
  let firstCold = Number.POSITIVE_INFINITY;
  let firstStart = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    firstCold = Math.min(firstCold, span.startedAt - span.coldStartMs);
    firstStart = Math.min(firstStart, span.startedAt);
    last = Math.max(last, span.startedAt, span.endedAt);
  }
  const { engineStartedAt, reduce } = bounds;
  if (spans.length === 0) {
    const from = clamp(engineStartedAt ?? bounds.from, bounds);
    // Where nothing was lost, there was no batch to be done before the reduce.
    const to = reduce === null ? bounds.to : lost === 0 ? from : clamp(reduce.from, { from, to: bounds.to });
    return { from, to, outside: 0 };
  }
  const first = engineStartedAt === undefined ? firstCold : Math.min(engineStartedAt, firstStart);
  const from = clamp(first, bounds);
  const to = clamp(last, bounds);
  return { from, to, outside: Math.max(0, last - first - (to - from)) };
}
