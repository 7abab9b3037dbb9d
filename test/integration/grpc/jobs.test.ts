import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/contract/layout.ts';
import { startHead as startScalingHead } from '../../../src/grpc/head/server.ts';
import { WorkerState } from '../../../src/grpc/protocol/head_pb.js';
import { grpcFleet, HEAD, headKey, SECRET } from './grpc-fleet.ts';

const fleet = grpcFleet();
const { store, keys, planRun, startHead, startWorker, startLocal, startRun } = fleet;
const { states, counts, doneCount, rows, readSpans } = fleet;
/** How often it is seen whether some batches are done, so that others are left by then. */
const LOOK_OFTEN = { timeout: 30_000, interval: 10 };

describe('a head and its workers', () => {
  it('do every batch, as one thread in one process does', async () => {
    // Prepare
    const tasks = await planRun('whole');
    const alone = await planRun('alone');
    await startHead('whole');
    const workers = [1, 2, 3].map((number) => startWorker('whole', number));
    await Promise.all(workers.map((worker) => worker.printed('joined')));

    // Act
    const run = startRun('whole', [tasks]);
    const local = startLocal(alone);

    // Assess
    expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining('60 of 60 batches')]);
    expect(await local.ended, local.output()).toBe(0);
    expect(await rows('whole')).toEqual(await rows('alone'));
    expect((await rows('whole')).map((row) => JSON.parse(row).key)).toEqual(keys());
    const spans = await readSpans('whole');
    expect(new Set(spans.map(({ worker }) => worker.split('/')[0]))).toEqual(new Set(['i-1', 'i-2', 'i-3']));
    expect(spans.filter(({ coldStartMs }) => coldStartMs > 0)).toHaveLength(3);
    expect(spans.every(({ arm, billedMs, listMs }) => arm === 'fleet' && billedMs === 0 && listMs > 0)).toBe(
      true,
    );
    const leases = (await store().get(layout.leases('whole', 0))).toString('utf8').trimEnd().split('\n');
    expect(leases.map((line) => JSON.parse(line).batch)).toEqual(
      Array.from({ length: 60 }, (_, batch) => batch),
    );
    // The last batches are done twice, and the copy that was seen need not be the one that left the span.
    const inOrder = spans.filter(({ batch, startedAt, endedAt }) => {
      const { givenAt, seenAt } = JSON.parse(leases[batch] ?? '');
      return givenAt <= startedAt && startedAt <= endedAt && endedAt <= seenAt;
    });
    expect(inOrder.length).toBeGreaterThan(30);
    expect([run, ...workers].map((program) => program.output()).join('\n')).not.toContain(SECRET);
  });

  it('do job after job of one submitter', async () => {
    // Prepare
    const plans = [await planRun('first'), await planRun('second')];
    await startHead('both');
    await startWorker('both', 1).printed('joined');

    // Act
    const run = startRun('both', plans);

    // Assess
    expect(await run.ended, run.output()).toBe(0);
    for (const job of ['first', 'second']) expect(await rows(job)).toEqual(await rows('whole'));
  });

  it('drop a job at once when whoever waited for it has gone, and do the next one', async () => {
    // Prepare
    const plans = [await planRun('dropped'), await planRun('next')];
    await startHead('dropped');
    await startWorker('dropped', 1).printed('joined');
    const run = startRun('dropped', plans.slice(0, 1));
    await expect.poll(() => doneCount('dropped'), LOOK_OFTEN).toBeGreaterThan(3);

    // Act: its input ends, as it does where its engine is killed
    fleet.pause();
    run.child.stdin?.end();
    const status = await run.ended;
    fleet.goOn();
    await expect.poll(() => counts('dropped')).toEqual({ queued: 0, leased: 0, done: 0 });
    const next = startRun('dropped', plans.slice(1));

    // Assess
    expect([status, run.output()]).toEqual([1, expect.stringContaining('[GIVEN_UP]')]);
    expect(await next.ended, next.output()).toBe(0);
    expect(await rows('next')).toEqual(await rows('whole'));
    // The only worker is done with what it was about to write.
    expect(await doneCount('dropped')).toBeLessThan(60);
  });

  it('finish without a worker that was killed, and without one that no longer answers', async () => {
    // Prepare
    const tasks = await planRun('losses');
    await startHead('losses');
    const [killed, stopped, last] = [1, 2, 3].map((number) => startWorker('losses', number));
    await Promise.all([killed, stopped, last].map((worker) => worker?.printed('joined')));

    // Act
    const run = startRun('losses', [tasks]);
    await expect.poll(() => doneCount('losses'), LOOK_OFTEN).toBeGreaterThan(3);
    killed?.child.kill('SIGKILL');
    stopped?.child.kill('SIGSTOP');

    // Assess
    expect(await run.ended, run.output()).toBe(0);
    expect(await rows('losses')).toEqual(await rows('whole'));
    await expect
      .poll(() => states('losses'))
      .toEqual([
        ['i-1', WorkerState.DEAD],
        ['i-2', WorkerState.DEAD],
        ['i-3', WorkerState.ALIVE],
      ]);
  });

  it('go on after the head was killed and started again', async () => {
    // Prepare
    const tasks = await planRun('restart');
    const first = await startHead('restart');
    const workers = [1, 2].map((number) => startWorker('restart', number));
    await Promise.all(workers.map((worker) => worker.printed('joined')));

    // Act
    const run = startRun('restart', [tasks]);
    await expect.poll(() => doneCount('restart'), LOOK_OFTEN).toBeGreaterThan(3);
    await first.stop();
    await startHead('restart');

    // Assess
    expect(await run.ended, run.output()).toBe(0);
    expect(await rows('restart')).toEqual(await rows('whole'));
    // One of them may have done the rest before the other was back.
    await expect
      .poll(async () => (await states('restart')).map(([, state]) => state))
      .toEqual([WorkerState.ALIVE, WorkerState.ALIVE]);
  });

  it('part in peace: a worker that leaves finishes what it has, and a head that ends sends all away', async () => {
    // Prepare
    const tasks = await planRun('drain');
    const head = await startHead('drain');
    const [leaving, staying] = [1, 2].map((number) => startWorker('drain', number));
    await Promise.all([leaving, staying].map((worker) => worker?.printed('joined')));

    // Act
    const run = startRun('drain', [tasks]);
    await expect.poll(() => doneCount('drain'), LOOK_OFTEN).toBeGreaterThan(3);
    leaving?.child.kill('SIGTERM');

    // Assess
    expect(await leaving?.ended, leaving?.output()).toBe(0);
    expect(leaving?.output()).toMatch(/left$/);
    expect(await run.ended, run.output()).toBe(0);
    expect(await states('drain')).toEqual([
      ['i-1', WorkerState.LEFT],
      ['i-2', WorkerState.ALIVE],
    ]);
    head.child.kill('SIGTERM');
    expect([await head.ended, await staying?.ended]).toEqual([0, 0]);
    expect(await rows('drain')).toEqual(await rows('whole'));
  });

  it('tell the submitter at once that a head ends in the middle of its job', async () => {
    // Prepare
    const tasks = await planRun('stopped');
    const head = await startHead('stopped');
    const run = startRun('stopped', [tasks]);
    await run.printed('0 of 60 batches');

    // Act
    head.child.kill('SIGTERM');

    // Assess
    expect([await run.ended, await head.ended]).toEqual([1, 0]);
    expect(run.output()).toContain('[HEAD_STOPPED]');
  });
});

it('a head that may start workers has as many as are wanted when there is work', async () => {
  // Prepare
  const tasks = await planRun('scaling');
  let asked = 0;
  const pool = {
    started: new Map(),
    start: async (count: number) => {
      const numbers = Array.from({ length: count }, () => ++asked);
      for (const number of numbers) startWorker('scaling', number);
      return numbers.map((number) => `i-${number}`);
    },
  };
  const errors: unknown[] = [];
  const head = await startScalingHead({
    address: HEAD,
    secret: SECRET,
    now: Date.now,
    scaling: {
      ...{ pool, min: 2, max: 2, target: Date.now(), end: Date.now() + 60_000 },
      ...{ bootSeconds: 60, settleMs: 0 },
      onError: (reason) => errors.push(reason),
    },
  });
  await store().putJson(headKey('scaling'), head.location);

  // Act
  const run = startRun('scaling', [tasks]);
  const status = await run.ended;
  await head.stop();

  // Assess
  expect([status, errors], run.output()).toEqual([0, []]);
  expect(asked).toBe(2);
  expect(await rows('scaling')).toEqual(await rows('whole'));
});
