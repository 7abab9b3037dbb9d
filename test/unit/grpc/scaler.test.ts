import { beforeEach, expect, it } from 'vitest';
import { Scaler, type ScalerOptions } from '../../../src/grpc/head/scaler.ts';
import { Scheduler } from '../../../src/grpc/scheduler/scheduler.ts';

const BATCHES = [...new Array(100).keys()];

/** A pool that must not be asked. */
const none = () => expect.unreachable('expected no call for workers');

let now: number;
let scheduler: Scheduler;
let started: string[];

beforeEach(() => {
  now = 0;
  started = [];
  scheduler = new Scheduler(() => now, { silenceMs: 1e9 });
});

/** A scaler whose time to settle is over, with a job of a hundred batches. */
function scaling(changes: Partial<ScalerOptions> = {}): Scaler {
  const start = async (count: number) => {
    const ids = Array.from({ length: count }, (_, index) => `i-${started.length + index}`);
    started.push(...ids);
    return ids;
  };
  const scaler = new Scaler(scheduler, {
    pool: { started: new Map(), start },
    ...{ min: 1, max: 8, target: 110_000, end: 1_000_000, bootSeconds: 10 },
    now: () => now,
    ...changes,
  });
  now = 10_000;
  scheduler.submit('job', BATCHES);
  return scaler;
}

function join(id: string, bootSeconds = 0): void {
  scheduler.join(id, 1, undefined, [], bootSeconds);
}

/** A worker has done its first batch. */
function learn(id: string, ms: number): void {
  if (![...scheduler.members].some((member) => member.id === id)) join(id);
  scheduler.assign();
  const member = [...scheduler.members].find((candidate) => candidate.id === id);
  scheduler.complete(id, 'job', member?.leases.keys().next().value as number, ms);
}

function leaving(): string[] {
  return [...scheduler.members].filter((member) => member.leaving).map(({ id }) => id);
}

it('starts one worker to learn the rate, then as many as make the target, each once', async () => {
  const scaler = scaling();
  await scaler.adjust();
  await scaler.adjust();
  expect(started).toHaveLength(1);

  now = 20_000;
  learn('i-0', 4_000);
  await scaler.adjust();
  // 99 batches of 4 s, 90 s left: the one does 22.5 of them, and each that boots for 10 s does 20.
  expect(started).toHaveLength(5);
  await scaler.adjust();
  expect(started).toHaveLength(5);
});

it('expects of the next workers the boot time of those that came, not the guess', async () => {
  const scaler = scaling();
  await scaler.adjust();
  now = 55_000;
  join('i-0');
  await scaler.adjust();
  learn('i-0', 4_000);
  await scaler.adjust();
  // 55 s left, 45 s to boot: each that boots does 2.5 batches, which is never enough.
  expect(started).toHaveLength(8);
});

it('starts none that would find the job done, by the boot time that the first workers tell', async () => {
  const scaler = scaling({ target: 10_000, pool: { started: new Map(), start: none } });
  join('first', 60);
  learn('first', 500);
  await scaler.adjust();
});

it('starts others for those that never came', async () => {
  const scaler = scaling();
  await scaler.adjust();
  now = 50_001;
  await scaler.adjust();
  expect(started).toHaveLength(2);
});

it('lets the slowest go when there are more than needed and some to spare', async () => {
  const scaler = scaling();
  for (const [id, ms] of Object.entries({ a: 100, b: 100, c: 900 })) learn(id, ms);
  await scaler.adjust();
  expect(leaving()).toEqual(['c']);
  expect(started).toEqual([]);
});

it('does nothing while a new head does not know who is there, nor without a job', async () => {
  const scaler = scaling();
  now = 9_999;
  for (const id of ['a', 'b', 'c']) learn(id, 1);
  await scaler.adjust();
  now = 10_000;
  scheduler.submit('nothing', []);
  await scaler.adjust();
  expect([leaving(), started]).toEqual([[], []]);
});

it('counts workers that the head has called for before it started again', async () => {
  const pool = { started: new Map([['i-before', 5_000]]), start: none };
  await scaling({ pool }).adjust();
});

it('counts workers of the launch that have not come yet, for four boot times', async () => {
  const scaler = scaling({ launched: 2, min: 2 });
  join('first', 15);
  await scaler.adjust();
  expect(started).toHaveLength(0);
  now = 60_001;
  await scaler.adjust();
  expect(started).toHaveLength(1);
});

it('waits half a minute after a call that gave no worker', async () => {
  let calls = 0;
  const start = async () => {
    calls += 1;
    throw new Error('no capacity');
  };
  const scaler = scaling({ pool: { started: new Map(), start } });
  await expect(scaler.adjust()).rejects.toThrow('no capacity');
  now += 29_999;
  await scaler.adjust();
  expect(calls).toBe(1);
  now += 1;
  await expect(scaler.adjust()).rejects.toThrow('no capacity');
});

it('counts the batches of stages to come, and no more workers than a stage has batches', async () => {
  const staged = async (stagesToCome: number, batches: readonly number[] = BATCHES) => {
    scheduler = new Scheduler(() => now, { silenceMs: 1e9 });
    [now, started] = [0, []];
    const scaler = scaling();
    scheduler.submit('job', batches, 'round', stagesToCome);
    await scaler.adjust();
    now = 20_000;
    learn('i-0', 4_000);
    await scaler.adjust();
    return started.length;
  };
  // 99 batches of 4 s in 90 s; and of a quarter as many the same by three more stages.
  expect(await staged(0)).toBe(5);
  expect(await staged(3, BATCHES.slice(0, 25))).toBe(5);
  expect(await staged(0, BATCHES.slice(0, 25))).toBe(2);
  // Two at a time of 200, which need all that may be.
  expect(await staged(99, [0, 1])).toBe(2);
});
