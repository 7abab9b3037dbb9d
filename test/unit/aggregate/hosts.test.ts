import { beforeEach, describe, expect, it } from 'vitest';
import { readHosts } from '../../../src/aggregate/hosts.ts';
import { layout } from '../../../src/contract/layout.ts';
import { MemoryBucket } from './fixture.ts';

let bucket: MemoryBucket;
const read = () =>
  readHosts({ reader: bucket, runId: 'r', round: 1, fleet: null, startedAt: 0, endedAt: 10_000 });

const put = (folder: string, name: string, value: unknown) =>
  bucket.put(`${folder}${name}`, typeof value === 'string' ? value : JSON.stringify(value));
const report = (instanceId: string, role: string, address: string) => ({
  ...{
    instanceId,
    role,
    address,
    instanceType: 't3.medium',
    cpus: 2,
    quotaCpus: 2,
    memoryBytes: 4,
    steps: [],
  },
  ...{ noNativeKernel: null, bootStartedAt: 1, readyAt: 2 },
});
const SAMPLE =
  '{"at":5000,"cpu":1,"cpus":2,"memoryBytes":7,"memoryLimitBytes":9,"receivedBytes":3,"sentBytes":null}';

beforeEach(() => {
  bucket = new MemoryBucket();
});

describe('readHosts', () => {
  it('puts the head first, then workers by their address, then hosts that told nothing of their boot', async () => {
    put(layout.hosts('r', 1), 'i-c.json', report('i-c', 'worker', '10.77.0.12'));
    put(layout.hosts('r', 1), 'i-b.json', report('i-b', 'worker', '10.77.0.9'));
    put(layout.hosts('r', 1), 'i-d.json', report('i-d', 'head', '10.77.0.30'));
    put(layout.metrics('r', 1), 'i-a.jsonl', `${SAMPLE}\n`);
    put(layout.metrics('r', 0), 'i-other-round.jsonl', `${SAMPLE}\n`);
    const hosts = await read();
    expect(hosts.map(({ instanceId }) => instanceId)).toEqual(['i-d', 'i-b', 'i-c', 'i-a']);
    expect(hosts[3]).toMatchObject({
      ...{ role: null, address: null, instanceType: null },
      utilisation: { samples: 1, cpuMean: 0.5, receivedBytes: 3, sentBytes: null },
    });
    expect(hosts[0]?.utilisation).toBeNull();
  });

  it('gives each worker what the engine said of its address', async () => {
    put(layout.hosts('r', 1), 'i-d.json', report('i-d', 'head', '10.77.0.30'));
    put(layout.hosts('r', 1), 'i-b.json', report('i-b', 'worker', '10.77.0.9'));
    const changes = [
      { at: 2, address: '10.77.0.9', state: 'DEAD' },
      { at: 1, address: '10.77.0.9', state: 'ALIVE' },
      { at: 1, address: '10.77.0.30', state: 'ALIVE' },
    ];
    bucket.put(layout.workerStates('r', 1), JSON.stringify({ changes }));
    expect((await read()).map(({ states }) => states)).toEqual([
      [],
      [
        { at: 1, state: 'ALIVE' },
        { at: 2, state: 'DEAD' },
      ],
    ]);
  });

  it('takes a file that cannot be made sense of for a missing one', async () => {
    put(layout.hosts('r', 1), 'i-a.json', '{"instanceId":');
    put(layout.metrics('r', 1), 'i-a.jsonl', 'nonsense\n');
    bucket.put(layout.workerStates('r', 1), '[]');
    expect(await read()).toEqual([
      {
        ...{ instanceId: 'i-a', role: null, address: null, instanceType: null },
        ...{ utilisation: null, cpuTime: null, states: [] },
      },
    ]);
  });

  it('finds none where there was no fleet', async () => {
    expect(await read()).toEqual([]);
  });
});
