import { describe, expect, it } from 'vitest';
import { forEachConcurrent } from '../../../src/concurrency/for-each-concurrent.ts';

/** Tasks that end when told to, so that the test decides the order. */
function controlled() {
  const running = new Map<number, { resolve: () => void; reject: (reason: unknown) => void }>();
  const task = (item: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    running.set(item, { resolve, reject });
    return promise.finally(() => running.delete(item));
  };
  return { running, task };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('forEachConcurrent', () => {
  it('runs every item once and never more than the limit at a time', async () => {
    // Prepare
    const { running, task } = controlled();
    let most = 0;
    const done: number[] = [];
    const all = forEachConcurrent([0, 1, 2, 3, 4], 2, (item) => task(item).then(() => void done.push(item)));

    // Act
    while (running.size > 0) {
      most = Math.max(most, running.size);
      [...running.values()].at(-1)?.resolve();
      await settle();
    }
    await all;

    // Assess
    expect(most).toBe(2);
    expect(done.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it('starts nothing after a failure, and waits for what runs before it throws', async () => {
    // Prepare
    const { running, task } = controlled();
    const started: number[] = [];
    let thrown: unknown;
    const all = forEachConcurrent([0, 1, 2, 3], 2, (item) => {
      started.push(item);
      return task(item);
    }).catch((reason: unknown) => {
      thrown = reason;
    });

    // Act
    running.get(0)?.reject('broken');
    await settle();
    const thrownEarly = thrown;
    running.get(1)?.resolve();
    await all;

    // Assess
    expect(thrownEarly).toBeUndefined();
    expect(thrown).toBe('broken');
    expect(started).toEqual([0, 1]);
  });

  it('stops with the reason of an aborted signal', async () => {
    const signal = AbortSignal.abort('enough');
    const started: number[] = [];
    const all = forEachConcurrent([0, 1], 1, async (item) => void started.push(item), signal);
    await expect(all).rejects.toBe('enough');
    expect(started).toEqual([]);
  });
});
