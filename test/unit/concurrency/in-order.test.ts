import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder, type Task } from '../../../src/concurrency/in-order.ts';

/** Tasks that end in the order in which they are told to. */
function controlled(bytes: readonly number[]) {
  const started: number[] = [];
  const ends: { resolve: (value: number) => void; reject: (reason: Error) => void }[] = [];
  const tasks = bytes.map(
    (held, at): Task<number> => ({
      bytes: held,
      start: () =>
        new Promise((resolve, reject) => {
          started.push(at);
          ends[at] = { resolve, reject };
        }),
    }),
  );
  return { started, ends, tasks };
}

test('results come in the order of the tasks, not of their ends', async () => {
  const { ends, tasks } = controlled([1, 1, 1]);
  const all = Array.fromAsync(inOrder(tasks, 3, 100));
  await turn();
  for (const at of [2, 1, 0]) ends[at]?.resolve(at);
  expect(await all).toEqual([0, 1, 2]);
});

test('no more begin than may overlap', async () => {
  const { started, ends, tasks } = controlled([1, 1, 1]);
  const results = inOrder(tasks, 2, 100);
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
  const { started, ends, tasks } = controlled([60, 60, 500]);
  const results = inOrder(tasks, 9, 100);
  for (const at of [0, 1, 2]) {
    const next = results.next();
    await turn();
    expect(started).toEqual([0, 1, 2].slice(0, at + 1));
    ends[at]?.resolve(at);
    await next;
  }
});

test('a failure is thrown in its turn', async () => {
  const { ends, tasks } = controlled([1, 1]);
  const results = inOrder(tasks, 2, 100);
  const first = results.next();
  await turn();
  ends[1]?.reject(new Error('second'));
  await turn();
  ends[0]?.resolve(0);
  expect((await first).value).toBe(0);
  await expect(results.next()).rejects.toThrow('second');
});

test('tasks may come one after the other', async () => {
  const { started, ends, tasks } = controlled([1, 1]);
  async function* coming() {
    for (const task of tasks) {
      await turn();
      yield task;
    }
  }
  const results = inOrder(coming(), 1, 100);
  const first = results.next();
  while (started.length === 0) await turn();
  ends[0]?.resolve(0);
  expect((await first).value).toBe(0);
});
