import { expect, it } from 'vitest';
import { backOff } from '../../../src/aws/backoff.ts';

it('waits a random part of a time that doubles with each try, up to 20 seconds', async () => {
  const waited: number[] = [];
  const sleep = async (ms: number) => {
    waited.push(ms);
  };
  for (const tries of [1, 2, 3, 8, 9, 99]) await backOff(tries, { random: () => 0.5, sleep });
  expect(waited).toEqual([50, 100, 200, 6_400, 10_000, 10_000]);
});

it('ends with the reason of the signal', async () => {
  const abort = new AbortController();
  const waiting = backOff(9, { random: () => 0.99 }, abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
