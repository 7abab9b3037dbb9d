import * as z from 'zod';
import type { Span } from '../contract/span.ts';
import {
  concurrencyOf,
  type Interval,
  OVERHEAD_PARTS,
  type Overhead,
  overheadSchema,
  withLost,
} from './overhead.ts';

/** The phases of an arm, in the order in which they are shown. */
export const PHASES = ['provision', 'coldStart', 'load', 'process', 'write', 'overhead', 'teardown'] as const;
export type Phase = (typeof PHASES)[number];

const ms = z.int().nonnegative();

export const phasesSchema = z.object({
  provision: ms,
  coldStart: ms,
  load: ms,
  process: ms,
  write: ms,
  overhead: ms,
  teardown: ms,
});

/** What the clocks and durations say that cannot be, and what they do not say: milliseconds of the wall time. */
export const unexplainedSchema = z.object({
  /** Activity outside the arm, and spans that ended before they started: it was cut off. */
  clocks: ms,
  /** By how much the parts of batches say more than their wall times: they were scaled down. */
  durations: ms,
  /** The part `unmeasured` of the overhead. */
  batches: ms,
});
export type Unexplained = z.infer<typeof unexplainedSchema>;

export const armPhasesSchema = z.object({
  wallMs: ms,
  /** Whole milliseconds that add up to `wallMs` exactly. */
  phases: phasesSchema,
  /** When work was going on, from the start of the arm. */
  windowStartMs: ms,
  windowEndMs: ms,
  /** Most batches (with their cold starts) at the same time. */
  peakConcurrency: z.int().nonnegative(),
  /** What `phases.overhead` is made of. */
  overhead: overheadSchema,
  unexplained: unexplainedSchema,
  /** Their sum. */
  unexplainedMs: ms,
});
export type ArmPhases = z.infer<typeof armPhasesSchema>;

/** The start and end of an arm by the clock of the state machine, epoch milliseconds. */
export interface ArmWall {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Fleet only: when the engine began, by the clock of the head. */
  readonly engineStartedAt?: number | undefined;
}

/** The part of a span that the phases are made of. */
export type PhaseSpan = Pick<
  Span,
  'startedAt' | 'endedAt' | 'coldStartMs' | 'listMs' | 'loadMs' | 'processMs' | 'putMs'
>;

/**
 * Divide the wall time of an arm into phases (docs/summary.md has the formulas).
 *
 * Everything before the window of work is provision, everything after it teardown. Inside, there is
 * slots x window of slot time, where slots is the peak concurrency; what the spans spent in cold start, load,
 * process and write is divided by the number of slots. The rest is overhead: in batches, or of slots without a batch.
 *
 * @param lost batches that left no span
 */
export function armPhases(wall: ArmWall, spans: readonly PhaseSpan[], lost = 0): ArmPhases {
  const start = Math.round(wall.startedAt);
  const end = Math.max(start, Math.round(wall.endedAt));
  const window = windowOf(wall, spans, { from: start, to: end });
  const within = { from: window.from, to: window.to };

  const totals = { coldStart: 0, load: 0, process: 0, write: 0, batch: 0 };
  const busy: Interval[] = [];
  let [reversed, excess] = [0, 0];
  for (const span of spans) {
    reversed += Math.max(0, span.startedAt - span.endedAt);
    const cold = clip({ from: span.startedAt - span.coldStartMs, to: span.startedAt }, within);
    const work = clip({ from: span.startedAt, to: span.endedAt }, within);
    const shares = spanShares(span, length(work));
    totals.coldStart += length(cold);
    totals.load += shares.load;
    totals.process += shares.process;
    totals.write += shares.write;
    totals.batch += Math.max(0, length(work) - shares.load - shares.process - shares.write);
    excess += excessOf(span);
    busy.push({ from: cold.from, to: Math.max(cold.to, work.to) });
  }
  const { peak, idle } = concurrencyOf(busy, within);
  const slots = Math.max(1, peak);
  const perSlot = (total: number) => total / slots;
  const lostMs = (lost * busy.reduce((sum, interval) => sum + length(interval), 0)) / spans.length;
  const known = withLost(idle, lost === 0 ? 0 : lostMs);
  // Without any span nobody knows what the window was spent with.
  const unmeasured = spans.length === 0 ? length(window) : perSlot(known.unmeasured);
  const parts = {
    provision: window.from - start,
    coldStart: perSlot(totals.coldStart),
    load: perSlot(totals.load),
    process: perSlot(totals.process),
    write: perSlot(totals.write),
    overhead: 0,
    teardown: end - window.to,
  };
  const explained = parts.coldStart + parts.load + parts.process + parts.write;
  parts.overhead = Math.max(0, length(window) - explained);
  const phases = wholeParts(PHASES, parts, end - start);
  const overhead: Overhead = wholeParts(
    OVERHEAD_PARTS,
    {
      batch: perSlot(totals.batch),
      idleAtStart: perSlot(known.idle.atStart),
      idleBetween: perSlot(known.idle.between),
      idleAtEnd: perSlot(known.idle.atEnd),
      unmeasured,
    },
    phases.overhead,
  );
  const unexplained = {
    clocks: Math.round(window.outside + reversed),
    durations: Math.round(perSlot(excess)),
    batches: overhead.unmeasured,
  };
  return {
    wallMs: end - start,
    phases,
    windowStartMs: Math.floor(window.from - start),
    windowEndMs: Math.ceil(window.to - start),
    peakConcurrency: spans.length === 0 ? 0 : slots,
    overhead,
    unexplained,
    unexplainedMs: unexplained.clocks + unexplained.durations + unexplained.batches,
  };
}

/** By how much the parts of a span say more than its wall time. */
function excessOf(span: PhaseSpan): number {
  const parts = span.listMs + span.loadMs + span.processMs + span.putMs;
  return Math.max(0, parts - Math.max(0, span.endedAt - span.startedAt));
}

function wholeParts<Name extends string>(
  names: readonly Name[],
  parts: Readonly<Record<Name, number>>,
  total: number,
): Record<Name, number> {
  const whole = largestRemainder(
    names.map((name) => parts[name]),
    total,
  );
  return Object.fromEntries(names.map((name, i) => [name, whole[i] ?? 0])) as Record<Name, number>;
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

/** From the first activity to the end of the last batch, cut to the arm; without spans nothing is known but the engine's start. */
function windowOf(wall: ArmWall, spans: readonly PhaseSpan[], arm: Interval): Interval & { outside: number } {
  let firstCold = Number.POSITIVE_INFINITY;
  let firstStart = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    firstCold = Math.min(firstCold, span.startedAt - span.coldStartMs);
    firstStart = Math.min(firstStart, span.startedAt);
    last = Math.max(last, span.startedAt, span.endedAt);
  }
  if (spans.length === 0) {
    const from = clamp(wall.engineStartedAt ?? arm.from, arm);
    return { from, to: arm.to, outside: 0 };
  }
  const first = wall.engineStartedAt === undefined ? firstCold : Math.min(wall.engineStartedAt, firstStart);
  const from = clamp(first, arm);
  const to = clamp(last, arm);
  return { from, to, outside: Math.max(0, last - first - (to - from)) };
}

/**
 * Round parts to whole numbers that add up to `total`: round down, then give what is missing to the parts with the
 * largest remainders (Hamilton's method). The parts are expected to add up to the total but for rounding errors.
 */
export function largestRemainder(parts: readonly number[], total: number): number[] {
  const whole = parts.map((part) => Math.floor(part));
  let missing = total - whole.reduce((sum, part) => sum + part, 0);
  const order = parts
    .map((part, index) => ({ index, remainder: part - Math.floor(part) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (let i = 0; missing > 0; i += 1, missing -= 1) bump(whole, order[i % order.length]?.index, 1);
  // Floating-point sums can be a hair over the total: take it from the largest part.
  for (; missing < 0; missing += 1) bump(whole, whole.indexOf(Math.max(...whole)), -1);
  return whole;
}

function bump(values: number[], index: number | undefined, by: number): void {
  if (index !== undefined) values[index] = (values[index] ?? 0) + by;
}

function clip(interval: Interval, within: Interval): Interval {
  const from = clamp(interval.from, within);
  return { from, to: Math.max(from, clamp(interval.to, within)) };
}

function clamp(value: number, { from, to }: Interval): number {
  return Math.min(Math.max(value, from), to);
}

function length({ from, to }: Interval): number {
  return to - from;
}
