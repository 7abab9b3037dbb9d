import { expect, it } from 'vitest';
import { cpuTime } from '../../../src/fleet/cpu-time.ts';

const sample = (at: number, cpu: number) => ({
  ...{ at, cpu, cpus: 2, memoryBytes: 1, memoryLimitBytes: 2 },
  ...{ receivedBytes: null, sentBytes: null },
});

it('weighs each sample with the time since the one before', () => {
  expect(cpuTime([sample(0, 2), sample(1000, 1), sample(3000, 0.5)])).toEqual({
    cpuMs: 2000,
    watchedMs: 3000,
  });
});

it('knows nothing of a host with less than two samples', () => {
  expect([cpuTime([]), cpuTime([sample(5, 1)])]).toEqual([null, null]);
});
