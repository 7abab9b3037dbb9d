import * as z from 'zod';
import { type Interval, lengthOf } from './interval.ts';
import type { MapWork } from './map-work.ts';
import {
  idleOf,
  OVERHEAD_PARTS,
  type Overhead,
  overheadSchema,
  type SlotTime,
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
  /** When work was going on, from the start of the arm; of several stages with all that lies between them. */
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

/** A map of an arm, and when what its batches left was added up; null where nothing is. */
export interface ArmMap {
  readonly work: MapWork;
  readonly reduce: Interval | null;
}

/**
 * Divide the wall time of an arm into phases (docs/summary.md has the formulas).
 *
 * Everything before the window of work is provision, everything after it teardown. Inside, each map has slots x its window of
 * slot time, where slots is the peak concurrency of the arm; what the spans spent in cold start, load, process and write is
 * divided by the number of slots. The rest is overhead: in batches, of slots without a batch, and of what lies between maps.
 *
 * @param maps one after the other; at least one
 */
export function phasesOf(wall: ArmWall, maps: readonly ArmMap[]): ArmPhases {
  const { from: start, to: end } = armOf(wall);
  const slots = Math.max(1, ...maps.map(({ work }) => work.peak));
  const sum = (of: (work: MapWork) => number) => maps.reduce((total, { work }) => total + of(work), 0);
  const perSlot = (of: (work: MapWork) => number) => sum(of) / slots;
  const around = aroundMaps(maps);
  // Without any span nobody knows what a window was spent with.
  const idle = maps
    .filter(({ work }) => work.spans > 0)
    .map(({ work }) => withLost(idleOf(work.slotTime, slots), lostMs(work)));
  const idleAt = (piece: keyof SlotTime) =>
    idle.reduce((total, known) => total + known.idle[piece], 0) / slots;
  const parts = {
    provision: around.from - start,
    coldStart: perSlot(({ totals }) => totals.coldStart),
    load: perSlot(({ totals }) => totals.load),
    process: perSlot(({ totals }) => totals.process),
    write: perSlot(({ totals }) => totals.write),
    overhead: 0,
    teardown: end - around.to,
  };
  const explained = parts.coldStart + parts.load + parts.process + parts.write;
  parts.overhead = Math.max(0, around.to - around.from - explained);
  const phases = wholeParts(PHASES, parts, end - start);
  const overhead: Overhead = wholeParts(
    OVERHEAD_PARTS,
    {
      batch: perSlot(({ totals }) => totals.batch),
      idleAtStart: idleAt('atStart'),
      idleBetween: idleAt('between'),
      idleAtEnd: idleAt('atEnd'),
      reduce: around.reduceMs,
      betweenStages: around.betweenMs,
      unmeasured:
        idle.reduce((total, known) => total + known.unmeasured, 0) / slots +
        sum((work) => (work.spans === 0 ? lengthOf(work.window) : 0)),
    },
    phases.overhead,
  );
  const unexplained = {
    clocks: Math.round(sum((work) => work.outsideMs)),
    durations: Math.round(perSlot((work) => work.excessMs)),
    batches: overhead.unmeasured,
  };
  return {
    wallMs: end - start,
    phases,
    windowStartMs: Math.floor(around.from - start),
    windowEndMs: Math.ceil(around.to - start),
    peakConcurrency: sum(({ spans }) => spans) === 0 ? 0 : slots,
    overhead,
    unexplained,
    unexplainedMs: unexplained.clocks + unexplained.durations + unexplained.batches,
  };
}

/** The arm in whole milliseconds: it does not end before it starts. */
export function armOf({ startedAt, endedAt }: ArmWall): Interval {
  const from = Math.round(startedAt);
  return { from, to: Math.max(from, Math.round(endedAt)) };
}

/** Slot time that batches without a span may have taken: as long as the others did. */
function lostMs({ lost, busyMs, spans }: MapWork): number {
  return lost === 0 || spans === 0 ? 0 : (lost * busyMs) / spans;
}

/** From the first activity to the end of the last map and its reduce, and what in it lies between maps. */
function aroundMaps(maps: readonly ArmMap[]) {
  const from = maps[0]?.work.window.from ?? 0;
  let [to, reduceMs, betweenMs] = [from, 0, 0];
  for (const { work, reduce } of maps) {
    betweenMs += Math.max(0, work.window.from - to);
    to = Math.max(to, work.window.to);
    if (reduce === null) continue;
    // A worker whose clock is a little ahead seems to have ended its batch in the reduce.
    const reducedFrom = Math.max(to, reduce.from);
    betweenMs += Math.max(0, Math.min(reducedFrom, reduce.to) - to);
    reduceMs += Math.max(0, reduce.to - reducedFrom);
    to = Math.max(to, reduce.to);
  }
  return { from, to, reduceMs, betweenMs };
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
