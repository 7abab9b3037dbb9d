import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregateArm } from '../../src/aggregate/arm.ts';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { ObjectWriter } from '../../src/aws/object-writer.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import type { Arm } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { ServerClock } from '../../src/timing/server-clock.ts';
import { work } from '../../src/worker/worker.ts';
import { type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 'clock-runs';
const RUN = 'r';
const WORKLOAD = { name: 'statistics', params: { operation: 'stats', depth: '8' } };
/** By how much the clock of each worker is ahead; each has a batch. */
const SHIFTS = [0, 5000, -5000, 300, -300];
/** A worker goes on until it knows S3's clock so well; with many small GETs that takes about a second. */
const NARROW_MS = 100;

let bucket: ImageBucket;
let store: ObjectStore;
let batches: Batch[];
let lines: string[];

beforeAll(async () => {
  bucket = await startImageBucket('clock-data');
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
  batches = [];
  for (const batch of SHIFTS.keys()) {
    const object = await bucket.put(`${batch}.png`, await plain(batch));
    batches.push({ batch, bytes: object.size, objects: [object] });
  }
  lines = batches.map((batch) => JSON.stringify(batch));
  await store.put(layout.manifest(RUN), `[\n${lines.join(',\n')}\n]\n`, 'application/json');
});
afterAll(() => bucket?.stop());

/** Do a batch as `measure` does, again and again, in a Lambda environment whose clock is set by `shift`. */
async function measureShifted(batch: Batch, shift: number): Promise<void> {
  const now = () => Date.now() + shift;
  const serverClock = new ServerClock();
  const access = s3Access(bucket.s3);
  const reader = new ObjectReader(access, { now, serverClock });
  const requests = new S3Requests(access, { now, serverClock });
  const job = {
    runId: RUN,
    round: 0,
    bucket: bucket.bucket,
    requesterPays: false,
    kernel: 'auto' as const,
    runsBucket: RUNS,
    workload: WORKLOAD,
    imageMemory: 1024,
    stage: null,
    batch,
  };
  const once = () =>
    work(job, {
      ...{ reader, serverClock, fetches: 1, decodes: 1, encodedBytes: MIB, decodedBytes: MIB },
      kernel: createSharpKernel(),
      store: new ObjectWriter(requests, RUNS),
      worker: `environment${shift}`,
      queuedAt: Date.now(),
      startedAt: now(),
      coldStartMs: 0,
      clock: { epoch: now, now: () => performance.now() },
      usage: () => ({ cpuMs: 1, rssPeakBytes: 1 }),
    });
  const width = () => {
    const { offsetLowMs = 0, offsetHighMs = Number.POSITIVE_INFINITY } = serverClock.offset() ?? {};
    return offsetHighMs - offsetLowMs;
  };
  while (width() > NARROW_MS) await once();
  await once();
  reader.close();
  requests.close();
}

/** Do a batch as the Python engines do, on a host whose clock is set by `shift`. */
async function runShifted(batch: number, shift: number): Promise<void> {
  const before = lines.slice(0, batch).reduce((sum, line) => sum + Buffer.byteLength(line) + 2, 2);
  const task = {
    manifest: `s3://${RUNS}/${layout.manifest(RUN)}`,
    out: `s3://${RUNS}/${layout.arm(RUN, 'fleet', 0)}`,
    bucket: bucket.bucket,
    workload: WORKLOAD,
    image_memory: 1024,
    round: 0,
    batch,
    offset: before,
    length: Buffer.byteLength(lines[batch] ?? ''),
    queued_at: Date.now(),
  };
  const { endpoint } = bucket.s3.config;
  const { protocol, hostname, port } = (await endpoint?.()) ?? {};
  const worker = spawn(
    join(ROOT, '.venv/bin/python'),
    ['-B', join(ROOT, 'test/fixtures/shifted_worker.py'), String(shift / 1000)],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: {
        PYTHONPATH: join(ROOT, 'ec2-workers'),
        FANFLEET_INSTANCE_ID: `i-${shift}`,
        AWS_ENDPOINT_URL: `${protocol}//${hostname}:${port}`,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    },
  );
  worker.stdin.end(JSON.stringify(task));
  const [code] = await once(worker, 'exit');
  expect(code).toBe(0);
}

describe.each<[Arm, string, (batch: Batch, shift: number) => Promise<void>]>([
  ['serverless', 'environment', measureShifted],
  ['fleet', 'i-', (batch, shift) => runShifted(batch.batch, shift)],
])('the %s arm on hosts whose clocks differ by seconds', (arm, prefix, doBatch) => {
  it('is put onto the one clock of S3', async () => {
    // Prepare
    const startedAt = Date.now();
    await Promise.all(batches.map((batch, index) => doBatch(batch, SHIFTS[index] ?? 0)));
    const endedAt = Date.now();

    // Act
    const input = { reader: store, runId: RUN, arm, round: 0, startedAt, endedAt };
    const found = await aggregateArm({
      ...input,
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    });

    // Assess
    expect(found).toMatchObject({ valid: true, items: SHIFTS.length });
    expect(found.clocks.corrected).toBe(true);
    for (const shift of SHIFTS) {
      const clock = found.clocks.hosts.find(({ host }) => host === `${prefix}${shift}`);
      expect(clock?.offsetLowMs).toBeLessThanOrEqual(-shift);
      expect(clock?.offsetHighMs).toBeGreaterThanOrEqual(-shift);
      expect(Math.abs((clock?.correctedByMs ?? 0) + shift)).toBeLessThanOrEqual(NARROW_MS);
      if (shift === 0) expect(clock?.correctedByMs).toBe(0);
    }
    // Without the correction 9 seconds and more would lie outside of the arm.
    expect(found.timing.unexplained.clocks).toBeLessThanOrEqual(NARROW_MS);
  });
});
