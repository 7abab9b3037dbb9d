import type { Random } from '../../statistics/random.ts';
import { type ArmSetup, type Hosts, slotReadyMs } from '../arm-setup.ts';
import { S3_RETRY } from '../parameters.ts';
import { EventHeap } from './event-heap.ts';
import { exponential, startFactor, stragglerFactor } from './noise.ts';
import { backoffBound, RequestLimit, refusals } from './request-limit.ts';

/** What a simulated arm took. Times are milliseconds. */
export interface Outcome {
  /** From the start of the arm to its end. */
  readonly wallMs: number;
  /** Time of all slots at work, with their starts: what Lambda bills. */
  readonly busyMs: number;
  /** Slots that were started. */
  readonly started: number;
  /** Batches that were done, in all stages; all of them, unless no worker was left. */
  readonly done: number;
  /** Batches that were begun and lost with a Spot worker. */
  readonly lost: number;
  readonly interruptions: number;
  /** Requests that S3 refused, and batches of which some request was refused as often as it is tried. */
  readonly slowDowns: number;
  readonly exhausted: number;
  /** Batches over the time limit of a batch. */
  readonly overtime: number;
}

/** Some batches that one slot did, one after the other. */
export interface Piece {
  readonly slot: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly batches: number;
  /** Only of the first piece of a slot, which includes it. */
  readonly slotStartMs: number;
}

export interface SimulateOptions {
  readonly random: Random;
  /**
   * Events for each slot that are left when batches begin to be taken one by one. While more are left, a slot takes several
   * at once; infinity for one by one from the start.
   * @default 16
   */
  readonly finest?: number | undefined;
  readonly onPiece?: ((piece: Piece) => void) | undefined;
}

const FINEST = 16;

/**
 * Discrete events: a slot becomes free, takes what is next in the queue, and is free again when that is done.
 *
 * Of a long queue a slot takes several batches as one event, their number falling with what is left ("guided
 * self-scheduling", Polychronopoulos and Kuck, 1987): their times add up, so the mean is theirs and the spread falls with the
 * root of their number. Only the end of a queue depends on single batches, and there they are taken one by one. So 10^7
 * batches are some 10^5 events, and memory is one event per slot. Of several stages the next one begins when all batches of one
 * are done and reduced.
 */
export function simulate(setup: ArmSetup, { random, finest = FINEST, onPiece }: SimulateOptions): Outcome {
  const slots = Math.min(setup.slots, setup.batches);
  const hosts = setup.hosts === null ? null : bootHosts(setup.hosts, random);
  const firstMs = setup.firstMs + (hosts?.lateMs ?? 0);
  const heap = new EventHeap(slots);
  const returned = new EventHeap(slots + 1);
  const gets = new RequestLimit(setup.getsPerSecond);
  const puts = new RequestLimit(setup.putsPerSecond);
  const starts = new RequestLimit(setup.startsPerSecond);
  let [left, started, last, stage] = [setup.batches, 0, firstMs, 0];
  const total = { busyMs: 0, done: 0, lost: 0, slowDowns: 0, exhausted: 0, overtime: 0 };
  const interrupted = new Set<number>();

  const startOf = (slot: number) => firstMs + slotReadyMs({ ...setup, slotStartMs: 0 }, slot);
  let nextStart = startOf(0);

  for (;;) {
    const fresh = started < slots && nextStart <= heap.nextTime;
    const now = fresh ? nextStart : heap.nextTime;
    if (now === Number.POSITIVE_INFINITY) break;
    while (returned.nextTime <= now) left += returned.pop();
    if (left === 0 && returned.size === 0) {
      stage += 1;
      last += setup.stageMs;
      if (stage === setup.stages) break;
      left = setup.batches;
      heap.putOff(last);
      nextStart = Math.max(nextStart, last);
      continue;
    }
    if (left === 0) {
      // Nothing to do until a batch comes back from a worker that was lost.
      if (fresh) nextStart = returned.nextTime;
      else heap.push(returned.nextTime, heap.pop());
      continue;
    }
    const slot = fresh ? started : heap.pop();
    if (fresh) {
      started += 1;
      nextStart = startOf(started);
    }
    const host = setup.hosts === null ? 0 : Math.floor(slot / setup.hosts.slotsEach);
    const noticeAt = firstMs + (hosts?.lifetimes[host] ?? Number.POSITIVE_INFINITY);
    if (noticeAt <= now) {
      interrupted.add(host);
      continue;
    }
    const batches = Math.max(1, Math.floor(left / (slots * finest)));
    left -= batches;
    const slotStartMs = fresh ? setup.slotStartMs * startFactor(random, setup.slotStartSpread) : 0;
    const took = duration(now, batches, slotStartMs);
    const end = now + took;
    const lostFrom = noticeAt < end ? interrupt(now, took, batches, noticeAt) : null;
    const done = lostFrom?.done ?? batches;
    const freeAt = lostFrom?.goneMs ?? end;
    total.busyMs += freeAt - now;
    total.done += done;
    if (done > 0) last = Math.max(last, freeAt);
    if (lostFrom === null) heap.push(end, slot);
    else {
      interrupted.add(host);
      total.lost += lostFrom.lost;
      returned.push(freeAt, batches - done);
    }
    onPiece?.({ slot, startMs: now, endMs: freeAt, batches: done, slotStartMs });
  }
  return { ...total, wallMs: last + setup.endMs, started, interruptions: interrupted.size };

  /** From when the slot took the batches to when they are done, S3 allowing. */
  function duration(now: number, batches: number, slotStartMs: number): number {
    const { batchMs, gets: getsEach } = stage === 0 ? setup : setup.later;
    const begin = Math.max(now, starts.take(now, batches) - 1000 / setup.startsPerSecond) + slotStartMs;
    // Asked for when the slot takes the batches, which is in order of time; a slot that starts first asks a little early.
    const own = batches * batchMs * stragglerFactor(random, setup.spread / Math.sqrt(batches));
    const served = Math.max(gets.take(now, batches * getsEach), puts.take(now, batches * setup.puts));
    const throttledMs = Math.max(0, served - begin - own);
    let waited = 0;
    if (throttledMs > 0) {
      const requests = batches * getsEach;
      // All GETs that a slot has under way wait at the same time.
      const refused = refusals(throttledMs / Math.max(1, requests / setup.getsAtOnce));
      total.slowDowns += refused * requests;
      if (refused > 0) waited = (random() * backoffBound(refused - 1)) / 2;
      if (refused === S3_RETRY.tries) total.exhausted += batches;
    }
    const took = begin - now + Math.max(own, served - begin) + waited;
    if (took / batches > setup.mostBatchMs) total.overtime += batches;
    return took;
  }

  /** What becomes of batches that a worker has when it gets its notice: it finishes the one under way, if time is left. */
  function interrupt(now: number, took: number, batches: number, noticeAt: number) {
    const each = took / batches;
    const begun = Math.min(batches, Math.floor((noticeAt - now) / each) + 1);
    const finished = now + begun * each;
    const gone = noticeAt + (setup.hosts?.noticeMs ?? 0);
    return finished <= gone
      ? { done: begun, lost: 0, goneMs: finished }
      : { done: begun - 1, lost: 1, goneMs: gone };
  }
}

/** Seconds that the head waits for late workers once one is there (docs/architecture.md). */
const JOIN_MS = 45_000;

/** How much later than expected the engine can start, and when each worker gets its notice, from then on. */
function bootHosts({ count, bootMs, bootSpread, interruptionsPerMs }: Hosts, random: Random) {
  const boots = Array.from({ length: count }, () => bootMs * startFactor(random, bootSpread));
  const lifetimes = boots.map(() => exponential(random, interruptionsPerMs));
  const slowest = Math.min(Math.max(...boots), Math.min(...boots) + JOIN_MS);
  return { lateMs: slowest - bootMs, lifetimes };
}
