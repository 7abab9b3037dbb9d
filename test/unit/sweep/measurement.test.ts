import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { measurementOf, measurementSchema } from '../../../src/sweep/measurement.ts';
import { readProcessing } from '../../../src/sweep/processing.ts';
import { MemoryBucket, spanOf } from '../aggregate/fixture.ts';
import { oneArm } from '../report/one-arm.ts';

const TURN = { round: 1, point: 2 };
const { summary, arm, withArm } = await oneArm('fleet');
const processing = () => {
  const startedAt = (arm.fleet?.engineStartedAt ?? 0) + 700;
  return { startedAt, endedAt: startedAt + 4000, cpuMs: 6000, batches: 20 };
};

describe('measurementOf', () => {
  it('takes the arm apart: boot, engine start, processing', () => {
    const measured = measurementOf(TURN, summary, processing());
    expect(measured).toMatchObject({
      ...TURN,
      runId: summary.runId,
      status: 'succeeded',
      times: { arm: arm.wallMs, boot: 17_100, engineStart: 700, processing: 4000 },
      digest: arm.digest,
      kernels: ['native'],
      items: 1000,
      batches: 20,
      workersJoined: 2,
    });
    expect(measurementSchema.parse(JSON.parse(JSON.stringify(measured)))).toEqual(measured);
  });

  it('relates CPU time to the quotas of its hosts, without the head', () => {
    const hosts = arm.fleet?.hosts.map((host) => ({ ...host, quotaCpus: 0.75 })) ?? [];
    const fleet = arm.fleet && { ...arm.fleet, hosts };
    expect(measurementOf(TURN, withArm({ fleet }), processing())).toMatchObject({
      processors: { workers: 1.5, all: 2.25, machine: summary.environment.cores },
      utilisation: 1,
    });
  });

  it('keeps what each host used, and what became of each worker', () => {
    const [head, worker] = arm.hosts;
    const states = [
      { at: 1, state: 'ALIVE' as const },
      { at: 2, state: 'DEAD' as const },
    ];
    const withStates = arm.hosts.map((host) => (host === worker ? { ...host, states } : host));
    const measured = measurementOf(TURN, withArm({ hosts: withStates }), processing());
    const nodes = measured.status === 'succeeded' ? measured.nodes : [];
    expect(nodes).toHaveLength(arm.hosts.length);
    expect(nodes[0]).toEqual({
      instanceId: head?.instanceId,
      role: 'head',
      cpuMean: head?.utilisation?.cpuMean,
      cpuPeak: head?.utilisation?.cpuPeak,
      memoryPeakBytes: head?.utilisation?.memoryPeakBytes,
      memoryLimitBytes: head?.utilisation?.memoryLimitBytes,
      states: [],
    });
    expect(nodes[1]).toMatchObject({ role: 'worker', states: ['ALIVE', 'DEAD'] });
    expect(nodes[1]?.memoryPeakBytes).toBeGreaterThan(0);
  });

  it('names no machine in AWS, where the hosts do not share one', () => {
    const inAws = { ...summary, environment: { ...summary.environment, offline: false } };
    expect(measurementOf(TURN, inAws, processing())).toMatchObject({ processors: { machine: null } });
  });

  it('has no negative time where clocks differ', () => {
    const early = { ...processing(), startedAt: (arm.fleet?.engineStartedAt ?? 0) - 3 };
    expect(measurementOf(TURN, summary, early)).toMatchObject({ times: { engineStart: 0 } });
  });

  it.each<[string, () => Parameters<typeof measurementOf>, string]>([
    [
      'the arm failed',
      () => [TURN, withArm({ status: 'failed', error: { code: 'NoWorkers', message: 'None.' } }), null],
      'NoWorkers',
    ],
    [
      'its answer is not valid',
      () => {
        const problem = { code: 'KEY_LOST', message: 'a key has no row', count: 1, examples: ['k'] };
        return [TURN, withArm({ valid: false, problems: [problem] }), processing()];
      },
      'KEY_LOST',
    ],
    [
      'a worker never joined',
      () => [TURN, withArm({ fleet: arm.fleet && { ...arm.fleet, workersJoined: 1 } }), processing()],
      'WORKERS_MISSING',
    ],
    ['it left no span', () => [TURN, summary, null], 'SPANS_MISSING'],
    ['there is no fleet arm', () => [TURN, { ...summary, rounds: [] }, processing()], 'NOT_READ'],
  ])('is a failure where %s', (_, input, code) => {
    expect(measurementOf(...input())).toMatchObject({ ...TURN, status: 'failed', error: { code } });
  });
});

describe('readProcessing', () => {
  it('goes from the first start to the last end, and adds up the CPU time', async () => {
    const bucket = new MemoryBucket();
    const times = [
      { startedAt: 500, endedAt: 900, cpuMs: 10 },
      { startedAt: 200, endedAt: 700, cpuMs: 20 },
      { startedAt: 300, endedAt: 1000, cpuMs: 30 },
    ];
    for (const [batch, time] of times.entries()) {
      bucket.put(layout.span('r', 'fleet', 0, batch), JSON.stringify(spanOf('fleet', batch, time)));
    }
    expect(await readProcessing(bucket, 'r')).toEqual({
      startedAt: 200,
      endedAt: 1000,
      cpuMs: 60,
      batches: 3,
    });
  });

  it('is of all stages together, with what lies between them', async () => {
    const bucket = new MemoryBucket();
    const stages = [
      [
        { startedAt: 200, endedAt: 700, cpuMs: 10 },
        { startedAt: 300, endedAt: 600, cpuMs: 20 },
      ],
      [{ startedAt: 1200, endedAt: 1300, cpuMs: 30 }],
      [{ startedAt: 1800, endedAt: 2000, cpuMs: 40 }],
    ];
    for (const [stage, times] of stages.entries()) {
      for (const [batch, time] of times.entries()) {
        const key = layout.span('r', 'serverless', 0, batch, stage);
        bucket.put(key, JSON.stringify(spanOf('serverless', batch, time)));
      }
    }
    expect(await readProcessing(bucket, 'r', 'serverless')).toEqual({
      startedAt: 200,
      endedAt: 2000,
      cpuMs: 100,
      batches: 4,
    });
  });

  it('is null without spans, and refuses what is none', async () => {
    const bucket = new MemoryBucket();
    expect(await readProcessing(bucket, 'r')).toBeNull();
    bucket.put(layout.span('r', 'fleet', 0, 0), '{}');
    await expect(readProcessing(bucket, 'r')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
