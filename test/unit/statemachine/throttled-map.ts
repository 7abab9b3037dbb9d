import { EventHeap } from '../../../src/model/simulation/event-heap.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import type { Retrier } from './definition.ts';

export interface ThrottledMap {
  readonly batches: number;
  readonly batchMs: number;
  /** Children at once, of all maps of the account together. */
  readonly children: number;
  /** Functions at once: Lambda refuses what is beyond. */
  readonly account: number;
  readonly retrier: Retrier;
  /** From the end of a child to the first call of the next one. */
  readonly dispatchMs: number;
  /** A child that takes longer fails. */
  readonly mostMs: number;
  readonly seed: number;
}

interface Child {
  readonly since: number;
  attempts: number;
  working: boolean;
}

/** Play a map over functions that are refused beyond a number at once: who finds no place waits as its Retry says. */
export function playThrottledMap(map: ThrottledMap): { lost: number; wallMs: number; refused: number } {
  const random = seededRandom(map.seed);
  const heap = new EventHeap(map.children);
  const children: Child[] = [];
  let [left, running, lost, refused, wallMs] = [map.batches, 0, 0, 0, 0];
  const begin = (slot: number, at: number) => {
    if (left === 0) return;
    left -= 1;
    children[slot] = { since: at, attempts: 0, working: false };
    heap.push(at, slot);
  };
  // They come at random in the first second.
  for (let slot = 0; slot < map.children; slot += 1) begin(slot, random() * 1000);
  while (heap.size > 0) {
    const now = heap.nextTime;
    const slot = heap.pop();
    const child = children[slot];
    if (child === undefined) throw new Error('Expected a child.');
    wallMs = Math.max(wallMs, now);
    if (child.working) {
      running -= 1;
      begin(slot, now + map.dispatchMs);
    } else if (running < map.account) {
      running += 1;
      child.working = true;
      if (now + map.batchMs - child.since > map.mostMs) lost += 1;
      heap.push(now + map.batchMs, slot);
    } else {
      refused += 1;
      const wait = waitMs(map.retrier, child.attempts) * random();
      child.attempts += 1;
      if (child.attempts <= (map.retrier.MaxAttempts ?? 3)) heap.push(now + wait, slot);
      else {
        lost += 1;
        begin(slot, now + map.dispatchMs);
      }
    }
  }
  return { lost, wallMs, refused };
}

/** The bound of the wait before an attempt, of which `FULL` jitter takes any part. */
function waitMs(retrier: Retrier, before: number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY } = retrier;
  return 1000 * Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** before);
}
