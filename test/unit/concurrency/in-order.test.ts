import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from '../../../src/concurrency/in-order.ts';

/** Work that ends in the order in which it is told to. */
function controlled(bytes: readonly number[]) {
  const started: number[] = [];
  const ends: { resolve: (value: number) => void; reject: (reason: Error) => void }[] = [];
  const items = bytes.map((held, at) => ({ held, at }));
  const work = ({ at }: { at: number }) =>
    new Promise<number>((resolve, reject) => {
      started.push(at);
      ends[at] = { resolve, reject };
    });
  const run = (atOnce: number, most: number, of?: AsyncIterable<(typeof items)[number]>) =>
    inOrder(of ?? items, work, { atOnce, bytesOf: ({ held }) => held, bytes: most });
  return { started, ends, items, run };
}

test('results come in the order of the items, not of their ends', async () => {
  const { ends, run } = controlled([1, 1, 1]);
  const all = Array.fromAsync(run(3, 100));
  await turn();
  for (const at of [2, 1, 0]) ends[at]?.resolve(at);
  expect(await all).toEqual([0, 1, 2]);
});

test('no more begin than may overlap', async () => {
  const { started, ends, run } = controlled([1, 1, 1]);
  const results = run(2, 100);
  const first = results.next();
  await turn();
  expect(started).toEqual([0, 1]);
  ends[0]?.resolve(0);
  expect((await first).value).toBe(0);
  const second = results.next();
  ends[1]?.resolve(1);
  expect((await second).value).toBe(1);
  expect(started).toEqual([0, 1, 2]);
});

test('no more begin than fit, but one always does', async () => {
  const { started, ends, run } = controlled([60, 60, 500]);
  const results = run(9, 100);
  for (const at of [0, 1, 2]) {
    const next = results.next();
    await turn();
    expect(started).toEqual([0, 1, 2].slice(0, at + 1));
    ends[at]?.resolve(at);
    await next;
  }
});

test('a failure is thrown in its turn', async () => {
  const { ends, run } = controlled([1, 1]);
  const results = run(2, 100);
  const first = results.next();
  await turn();
  ends[1]?.reject(new Error('second'));
  await turn();
  ends[0]?.resolve(0);
  expect((await first).value).toBe(0);
  await expect(results.next()).rejects.toThrow('second');
});

test('items may come one after the other', async () => {
  const { started, ends, items, run } = controlled([1, 1]);
  async function* coming() {
    for (const task of items) {
      await turn();
      yield task;
    }
  }
  const results = run(1, 100, coming());
  const first = results.next();
  while (started.length === 0) await turn();
  ends[0]?.resolve(0);
  expect((await first).value).toBe(0);
});
