import { expect, it } from 'vitest';
import { runManyWorkers } from '../../bench/many-workers.ts';
import { startHead } from '../../src/grpc/head/server.ts';

it('100 workers do 10,000 batches, none lost and none counted twice, though ten of them die', async () => {
  // Prepare
  const secret = 's'.repeat(32);
  const head = await startHead({
    address: '127.0.0.1',
    secret,
    now: Date.now,
    scheduling: { silenceMs: 3_000 },
  });

  // Act
  const { location } = head;
  const { times, progress } = await runManyWorkers({
    location,
    secret,
    workers: 100,
    batches: 10_000,
    deaths: 10,
  });

  // Assess
  const { workers } = head.service.status();
  await head.stop();
  expect(progress).toEqual([10_000, 10_000]);
  expect(times.size).toBe(10_000);
  expect(workers).toHaveLength(100);
  expect(workers.reduce((sum, { done }) => sum + done, 0)).toBe(10_000);
});
