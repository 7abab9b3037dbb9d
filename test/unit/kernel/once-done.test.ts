import { expect, test } from 'vitest';
import { onceDone } from '../../../src/kernel/once-done.ts';

test('what was loaded is kept, and what failed is tried again, once for all that wait', async () => {
  let times = 0;
  const load = onceDone(async () => {
    times += 1;
    if (times === 1) throw new Error('not this time');
    return times;
  });
  expect((await Promise.allSettled([load(), load()])).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  expect(times).toBe(1);
  expect([await load(), await load()]).toEqual([2, 2]);
});
