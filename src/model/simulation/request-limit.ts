import { S3_RETRY } from '../parameters.ts';

/**
 * Requests that S3 takes at a rate, first come, first served. What is beyond the rate is answered 503 SlowDown and comes
 * again after a random wait, so on the whole the requests are served as from a queue (a fluid queue, GI/D/1).
 */
export class RequestLimit {
  readonly #perMs: number;
  #servedUntil = 0;

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1000;
  }

  /** Ask for requests at a time, of which there is none before the last one; when the last of them is served. */
  take(atMs: number, requests: number): number {
    this.#servedUntil = Math.max(this.#servedUntil, atMs) + requests / this.#perMs;
    return this.#servedUntil;
  }
}

/**
 * How often a request is refused that has to wait so long: the fewest tries whose mean waits (half of a bound that doubles)
 * add up to it.
 */
export function refusals(waitMs: number): number {
  let [waited, count] = [0, 0];
  while (waited < waitMs && count < S3_RETRY.tries) {
    waited += backoffBound(count) / 2;
    count += 1;
  }
  return count;
}

/** The most that a request waits after so many refusals before, in milliseconds. */
export function backoffBound(before: number): number {
  return Math.min(S3_RETRY.mostBackoffMs, S3_RETRY.firstBackoffMs * 2 ** before);
}
