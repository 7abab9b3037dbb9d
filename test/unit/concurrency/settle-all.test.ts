import { expect, it } from 'vitest';
import { settleAll } from '../../../src/concurrency/settle-all.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('tells of the first failure only, at once, and throws it', async () => {
  const [first, second, last] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const told: unknown[] = [];
  const all = settleAll(
    [first, second, last].map((job) => job?.promise ?? Promise.resolve()),
    (reason) => told.push(reason),
  );
  const thrown = expect(all).rejects.toThrow('second');
  second?.reject(new Error('second'));
  await turn();
  expect(told).toEqual([new Error('second')]);
  first?.reject(new Error('first'));
  last?.resolve();
  await thrown;
  expect(told).toHaveLength(1);
});

it('waits for what goes on after a failure', async () => {
  const slow = Promise.withResolvers<void>();
  let ended = false;
  const all = settleAll([Promise.reject(new Error('broken')), slow.promise]).catch(() => {
    ended = true;
  });
  await turn();
  expect(ended).toBe(false);
  slow.resolve();
  await all;
  expect(ended).toBe(true);
});
