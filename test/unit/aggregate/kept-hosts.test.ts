import { expect, it } from 'vitest';
import { readHosts } from '../../../src/aggregate/hosts.ts';
import { FanfleetError } from '../../../src/errors.ts';
import { type FleetInfo, fleetInfoSchema } from '../../../src/fleet/arm-info.ts';

/** A worker computes on one of two cores from 20 to 30 s, and on both from 50 to 60 s; in between it rests. */
const samples = Array.from({ length: 80 }, (_, second) => ({
  ...{ at: second * 1000, cpu: second > 20 && second <= 30 ? 1 : second > 50 && second <= 60 ? 2 : 0 },
  ...{ cpus: 2, memoryBytes: 100, memoryLimitBytes: 1000, receivedBytes: second, sentBytes: 0 },
}));
const report = (instanceId: string, address: string, role: string) => ({
  ...{ instanceId, role, address, instanceType: 't3.medium', cpus: 2, quotaCpus: 2, memoryBytes: 1000 },
  ...{ noNativeKernel: null, bootStartedAt: 0, readyAt: 1, steps: [] },
});
const changes = [
  { at: 1_000, address: '10.0.0.2', state: 'ALIVE' },
  { at: 1_000, address: '10.0.0.3', state: 'ALIVE' },
  { at: 40_000, address: '10.0.0.3', state: 'DEAD' },
];
const lines = (from: readonly object[]) => from.map((line) => JSON.stringify(line)).join('\n');
const files: Readonly<Record<string, string>> = {
  'fleets/four.2/hosts/i-head.json': JSON.stringify(report('i-head', '10.0.0.1', 'head')),
  'fleets/four.2/hosts/i-a.json': JSON.stringify(report('i-a', '10.0.0.2', 'worker')),
  'fleets/four.2/hosts/i-b.json': JSON.stringify(report('i-b', '10.0.0.3', 'worker')),
  'fleets/four.2/metrics/i-a.jsonl': lines(samples),
  'fleets/four.2/metrics/i-b.jsonl': lines(samples.slice(0, 40)),
  'fleets/four.2/workers.json': JSON.stringify({ changes }),
};
const reader = {
  async get(key: string) {
    const text = files[key];
    if (text === undefined) throw new FanfleetError('OBJECT_NOT_FOUND', key, { source: 'aws' });
    return Buffer.from(text);
  },
  async *list(prefix: string) {
    for (const key of Object.keys(files)) if (key.startsWith(prefix)) yield { key, size: 1 };
  },
};

it('cuts what hosts of a kept fleet used to the job, and leaves out a worker that was lost before it', async () => {
  const first = await hostsOf(20_000, 30_000, null);
  const second = await hostsOf(50_000, 60_000, 30_000);

  expect(first.map(({ instanceId }) => instanceId)).toEqual(['i-head', 'i-a', 'i-b']);
  expect(first[1]?.utilisation).toMatchObject({ cpuMean: 0.5, receivedBytes: 10 });
  expect(first[2]?.states).toEqual([{ at: 1_000, state: 'ALIVE' }]);
  expect(second.map(({ instanceId }) => instanceId)).toEqual(['i-head', 'i-a']);
  expect(second[1]?.utilisation).toMatchObject({ cpuMean: 1, receivedBytes: 10 });
  // Of the bill: what it computed in this job and in the rest before it.
  expect(second[1]?.cpuTime?.cpuMs).toBe(20_000);
  expect(second[1]?.states).toEqual([{ at: 1_000, state: 'ALIVE' }]);
});

function hostsOf(takenAt: number, endedAt: number, idleSince: number | null) {
  const kept = { name: 'four', id: 'four.2', job: 1, submittedAt: takenAt, takenAt, endedAt, idleSince };
  const fleet: FleetInfo = fleetInfoSchema.parse({
    ...{
      arm: 'fleet',
      round: 0,
      engine: 'ray',
      versions: {},
      settings: {},
      status: 'succeeded',
      error: null,
    },
    ...{ workersRequested: 2, workersJoined: 2, clusterStatus: '', dashboard: '', hosts: [], clock: null },
    ...{ jobStartedAt: takenAt, workersReadyAt: takenAt, engineStartedAt: takenAt, engineEndedAt: endedAt },
    kept: { ...kept, workersAlive: 2 },
  });
  return readHosts({ reader, runId: 'r', round: 0, fleet, startedAt: takenAt, endedAt });
}
