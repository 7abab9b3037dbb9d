import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { create } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { ObjectStore } from '../../../src/aws/object-store.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { Batch, DatasetObject } from '../../../src/contract/manifest.ts';
import { spanSchema } from '../../../src/contract/span.ts';
import { connectToHead } from '../../../src/grpc/client.ts';
import { doneBatches } from '../../../src/grpc/done-batches.ts';
import { readHeadLocation } from '../../../src/grpc/head-location.ts';
import { BatchPlaceSchema, JobSchema } from '../../../src/grpc/protocol/head_pb.js';
import type { Tasks } from '../../../src/grpc/task.ts';
import { type Emulator, startEmulator } from '../../support/emulator.ts';
import { type Program, startProgram, taskLines } from '../../support/grpc-fleet.ts';
import { plain } from '../../support/image-bucket.ts';
import { ownAddress } from '../../support/own-address.ts';

const RUNS = 'grpc-runs';
const DATA = 'grpc-data';
/** What heads and workers of these tests know. */
export const SECRET = randomBytes(24).toString('hex');
/** Where a head listens unless a test says otherwise. */
export const HEAD = ownAddress(11);
const IMAGES = 240;
const PER_BATCH = 4;

/** Images in a bucket, with an emulator of the file's own, and programs on loopback addresses that end with each test. */
export function grpcFleet() {
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
    emulator?.goOn();
    await Promise.all(programs.map((program) => program.stop()));
    programs = [];
  });
  afterAll(() => emulator?.stop());

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
      workload: JSON.stringify({ name: 'statistics', params: { operation: 'stats', depth: '8' } }),
      kernel: 'auto',
      imageMemory: 1024,
      round: 0,
    });
    return { job, places };
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
        ...['--address', ownAddress(20 + number), '--worker', `i-${number}`, '--slots', '1'],
      ]),
    );
  }

  /** Do tasks in one thread. */
  function startLocal(tasks: Tasks): Program {
    const program = started(startProgram(emulator, SECRET, ['local']));
    program.child.stdin?.end(taskLines(tasks));
    return program;
  }

  /** Have jobs done one after the other; it ends with the last of them. */
  function startRun(runId: string, jobs: readonly Tasks[], { secret = SECRET } = {}): Program {
    const head = `s3://${RUNS}/${headKey(runId)}`;
    const program = started(startProgram(emulator, secret, ['run', '--head', head]));
    program.child.stdin?.write(jobs.map((tasks) => `${taskLines(tasks)}\n\n`).join(''));
    void program.printed('done', jobs.length).then(
      () => program.child.stdin?.end(),
      // It has ended before, as its status tells.
      () => {},
    );
    return program;
  }

  function location(runId: string) {
    return readHeadLocation(runs, headKey(runId));
  }

  async function status(runId: string) {
    const { client, close } = connectToHead(await location(runId), SECRET);
    const reply = await client.status({});
    close();
    return reply;
  }

  /** Batches of the job that its head has. */
  async function counts(runId: string) {
    const { queued, leased, done } = await status(runId);
    return { queued, leased, done };
  }

  async function states(runId: string) {
    const { workers } = await status(runId);
    return workers
      .map(({ registration, state }) => [registration?.worker ?? '', state] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async function doneCount(runId: string): Promise<number> {
    return (await doneBatches(runs, layout.arm(runId, 'fleet', 0), { name: 'statistics' })).size;
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

  const store = () => runs;
  /** Nobody gets an answer of S3 until all goes on. */
  const pause = () => emulator.pause();
  const goOn = () => emulator.goOn();
  const keys = () => objects.map(({ key }) => key);
  return {
    store,
    pause,
    goOn,
    keys,
    planRun,
    startHead,
    startWorker,
    startLocal,
    startRun,
    location,
    states,
    counts,
    doneCount,
    rows,
    readSpans,
  };
}

/** Where a head writes down its address. */
export function headKey(runId: string): string {
  return `${layout.arm(runId, 'fleet', 0)}head.json`;
}
