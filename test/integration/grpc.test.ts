import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { create } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { Batch, DatasetObject } from '../../src/dataset/manifest.ts';
import { connectToHead } from '../../src/grpc/client.ts';
import { doneBatches } from '../../src/grpc/done-batches.ts';
import { startHead as startScalingHead } from '../../src/grpc/head/server.ts';
import { readHeadLocation } from '../../src/grpc/head-location.ts';
import {
  type BatchPlace,
  BatchPlaceSchema,
  JobSchema,
  WorkerState,
} from '../../src/grpc/protocol/head_pb.js';
import type { Tasks } from '../../src/grpc/task.ts';
import { layout } from '../../src/run/layout.ts';
import { spanSchema } from '../../src/timing/span.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { type Program, startProgram, taskLines } from '../support/grpc-fleet.ts';
import { plain } from '../support/image-bucket.ts';

const RUNS = 'grpc-runs';
const DATA = 'grpc-data';
const SECRET = randomBytes(24).toString('hex');
const HEAD = '127.0.78.11';
const IMAGES = 240;
const PER_BATCH = 4;

let emulator: Emulator;
let runs: ObjectStore;
let objects: DatasetObject[];
let programs: Program[] = [];

beforeAll(async () => {
  emulator = await startEmulator();
  runs = new ObjectStore(emulator.s3, RUNS);
  for (const Bucket of [RUNS, DATA]) await emulator.s3.send(new CreateBucketCommand({ Bucket }));
  objects = await Promise.all(
    Array.from({ length: IMAGES }, async (_, index) => {
      const key = `image-${String(index).padStart(4, '0')}.png`;
      const body = await plain(index, 16);
      const { ETag = '' } = await emulator.s3.send(
        new PutObjectCommand({ Bucket: DATA, Key: key, Body: body }),
      );
      return { key, size: body.length, etag: ETag };
    }),
  );
});
afterEach(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  programs = [];
});
afterAll(() => emulator?.stop());

describe('a head and its workers', () => {
  it('do every batch, as one thread in one process does', async () => {
    // Prepare
    const tasks = await planRun('whole');
    const alone = await planRun('alone');
    await startHead('whole');
    const workers = [1, 2, 3].map((number) => startWorker('whole', number));
    await Promise.all(workers.map((worker) => worker.printed('joined')));

    // Act
    const run = start('run', 'whole', tasks);
    const local = start('local', 'alone', alone);

    // Assess
    expect([await run.ended, run.output()]).toEqual([0, expect.stringContaining('60 of 60 batches')]);
    expect(await local.ended, local.output()).toBe(0);
    expect(await rows('whole')).toEqual(await rows('alone'));
    expect((await rows('whole')).map((row) => JSON.parse(row).key)).toEqual(objects.map(({ key }) => key));
    const spans = await readSpans('whole');
    expect(new Set(spans.map(({ worker }) => worker.split('/')[0]))).toEqual(new Set(['i-1', 'i-2', 'i-3']));
    expect(spans.filter(({ coldStartMs }) => coldStartMs > 0)).toHaveLength(3);
    expect(spans.every(({ arm, billedMs, listMs }) => arm === 'fleet' && billedMs === 0 && listMs > 0)).toBe(
      true,
    );
    const leases = (await runs.get(layout.leases('whole', 0))).toString('utf8').trimEnd().split('\n');
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

  it('finish without a worker that was killed, and without one that no longer answers', async () => {
    // Prepare
    const tasks = await planRun('losses');
    await startHead('losses');
    const [killed, stopped, last] = [1, 2, 3].map((number) => startWorker('losses', number));
    await Promise.all([killed, stopped, last].map((worker) => worker?.printed('joined')));

    // Act
    const run = start('run', 'losses', tasks);
    await expect.poll(() => doneCount('losses'), { timeout: 30_000 }).toBeGreaterThan(3);
    killed?.child.kill('SIGKILL');
    stopped?.child.kill('SIGSTOP');

    // Assess
    expect(await run.ended, run.output()).toBe(0);
    expect(await rows('losses')).toEqual(await rows('whole'));
    await expect
      .poll(() => states('losses'), { timeout: 30_000 })
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
    const run = start('run', 'restart', tasks);
    await expect.poll(() => doneCount('restart'), { timeout: 30_000 }).toBeGreaterThan(3);
    await first.stop();
    await startHead('restart');

    // Assess
    expect(await run.ended, run.output()).toBe(0);
    expect(await rows('restart')).toEqual(await rows('whole'));
    // One of them may have done the rest before the other was back.
    await expect
      .poll(async () => (await states('restart')).map(([, state]) => state), { timeout: 15_000 })
      .toEqual([WorkerState.ALIVE, WorkerState.ALIVE]);
  });

  it('part in peace: a worker that leaves finishes what it has, and a head that ends sends all away', async () => {
    // Prepare
    const tasks = await planRun('drain');
    const head = await startHead('drain');
    const [leaving, staying] = [1, 2].map((number) => startWorker('drain', number));
    await Promise.all([leaving, staying].map((worker) => worker?.printed('joined')));

    // Act
    const run = start('run', 'drain', tasks);
    await expect.poll(() => doneCount('drain'), { timeout: 30_000 }).toBeGreaterThan(3);
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
    const run = start('run', 'stopped', tasks);
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
  await runs.putJson(headKey('scaling'), head.location);

  // Act
  const run = start('run', 'scaling', tasks);
  const status = await run.ended;
  await head.stop();

  // Assess
  expect([status, errors], run.output()).toEqual([0, []]);
  expect(asked).toBe(2);
  expect(await rows('scaling')).toEqual(await rows('whole'));
});

describe('the head refuses', () => {
  it('whoever has not the secret', async () => {
    const tasks = await planRun('secret');
    await startHead('secret');
    const stranger = { secret: 'x'.repeat(48) };
    const [worker, run] = [startWorker('secret', 1, stranger), start('run', 'secret', tasks, stranger)];
    expect([await worker.ended, await run.ended]).toEqual([1, 1]);
    for (const { output } of [worker, run]) expect(output()).toContain('[HEAD_REFUSED]');
  });
});

describe('workers refuse', () => {
  it('a head that has another certificate than the one that was published', async () => {
    // Prepare
    const tasks = await planRun('impostor');
    await startHead('impostor');
    const real = await location('impostor');
    await startHead('other', '127.0.78.12');
    const { certificate } = await location('other');
    await runs.putJson(headKey('impostor'), { ...real, certificate });

    // Act
    const worker = startWorker('impostor', 1);
    await worker.printed('no connection');

    // Assess
    expect(worker.output()).toMatch(/certificate/i);
    expect(worker.output()).not.toContain('joined');
    expect(tasks.places).toHaveLength(60);
  });
});

it('a batch that no worker can do fails the run with its error', async () => {
  // Prepare
  const tasks = await planRun('failing');
  const [{ offset, length }] = tasks.places as [BatchPlace];
  const place = create(BatchPlaceSchema, { offset, length, batch: 999 });
  await startHead('failing');
  await startWorker('failing', 1).printed('joined');

  // Act
  const run = start('run', 'failing', { job: tasks.job, places: [place] });

  // Assess
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(/\[BATCH_FAILED\].*WRONG_BATCH.*999/);
});

async function planRun(runId: string): Promise<Tasks> {
  const batches: Batch[] = [];
  for (let first = 0; first < objects.length; first += PER_BATCH) {
    const part = objects.slice(first, first + PER_BATCH);
    batches.push({
      batch: batches.length,
      bytes: part.reduce((sum, { size }) => sum + size, 0),
      objects: part,
    });
  }
  const lines = batches.map((batch) => JSON.stringify(batch));
  await runs.put(layout.manifest(runId), `[\n${lines.join(',\n')}\n]\n`, 'application/json');
  let offset = 2;
  const places = lines.map((line, batch) => {
    const place = create(BatchPlaceSchema, {
      batch,
      offset: BigInt(offset),
      length: line.length,
      queuedAt: Date.now(),
    });
    offset += line.length + 2;
    return place;
  });
  const job = create(JobSchema, {
    manifest: `s3://${RUNS}/${layout.manifest(runId)}`,
    out: `s3://${RUNS}/${layout.arm(runId, 'fleet', 0)}`,
    bucket: DATA,
    operation: 'stats',
    normalisation: 'null',
    round: 0,
  });
  return { job, places };
}

function headKey(runId: string): string {
  return `${layout.arm(runId, 'fleet', 0)}head.json`;
}

function started(program: Program): Program {
  programs.push(program);
  return program;
}

async function startHead(runId: string, address = HEAD): Promise<Program> {
  const head = started(
    startProgram(emulator, SECRET, [
      ...['head', '--head', `s3://${RUNS}/${headKey(runId)}`],
      ...['--address', address],
    ]),
  );
  await head.printed('head listens');
  return head;
}

function startWorker(runId: string, number: number, { secret = SECRET } = {}): Program {
  return started(
    startProgram(emulator, secret, [
      ...['worker', '--head', `s3://${RUNS}/${headKey(runId)}`],
      ...['--address', `127.0.78.${20 + number}`, '--worker', `i-${number}`, '--slots', '1'],
    ]),
  );
}

function start(command: 'run' | 'local', runId: string, tasks: Tasks, { secret = SECRET } = {}): Program {
  const head = `s3://${RUNS}/${headKey(runId)}`;
  return started(startProgram(emulator, secret, [command, '--head', head], taskLines(tasks)));
}

function location(runId: string) {
  return readHeadLocation(runs, headKey(runId));
}

async function states(runId: string) {
  const { client, close } = connectToHead(await location(runId), SECRET);
  const { workers } = await client.status({});
  close();
  return workers
    .map(({ registration, state }) => [registration?.worker ?? '', state] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

async function doneCount(runId: string): Promise<number> {
  return (await doneBatches(runs, layout.arm(runId, 'fleet', 0))).size;
}

async function rows(runId: string): Promise<string[]> {
  const texts = await Promise.all(
    Array.from({ length: IMAGES / PER_BATCH }, (_, batch) =>
      runs.get(layout.result(runId, 'fleet', 0, batch)),
    ),
  );
  return texts.join('').split('\n').slice(0, -1);
}

function readSpans(runId: string) {
  return Promise.all(
    Array.from({ length: IMAGES / PER_BATCH }, async (_, batch) =>
      spanSchema.parse(await runs.getJson(layout.span(runId, 'fleet', 0, batch))),
    ),
  );
}
