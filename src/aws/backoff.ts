import { setTimeout as wait } from 'node:timers/promises';

export type Backoff = {
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default a timer */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
};

const FIRST_MS = 100;
const MOST_MS = 20_000;

/**
 * Wait before another try: a random time up to a bound that doubles with each try, so that clients that failed together
 * do not come back together ("full jitter": AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param tries how many have failed, from 1
 * @throws the reason of the signal
 */
export async function backOff(tries: number, backoff: Backoff, signal?: AbortSignal): Promise<void> {
  const { random = Math.random, sleep = sleepFor } = backoff;
  await sleep(random() * Math.min(MOST_MS, FIRST_MS * 2 ** (tries - 1)), signal);
}

async function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (reason) {
    signal?.throwIfAborted();
    throw reason;
  }
}
