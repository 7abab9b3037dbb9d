import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetActivityTaskCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Batch, DatasetObject } from '../../src/dataset/manifest.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { fleetInfoSchema } from '../../src/fleet/arm-info.ts';
import { readBootScript } from '../../src/fleet/boot-script.ts';
import { packBundle, uploadBundle } from '../../src/fleet/bundle.ts';
import { userData } from '../../src/fleet/user-data.ts';
import { failedRow, serializeRow } from '../../src/kernel/row.ts';
import { layout } from '../../src/run/layout.ts';
import { spanSchema } from '../../src/timing/span.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { bootHost, type FleetHost, imageVenv } from '../support/fleet-host.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 'fleet-runs';
const DATA = 'fleet-data';
const ROUND = 1;
// Loopback addresses that hosts of an offline AWS on this machine do not have.
const [HEAD, WORKER] = ['127.0.77.11', '127.0.77.12'];

let emulator: Emulator;
let sfn: SFNClient;
let ssm: SSMClient;
let dir: string;
let venv: string;
let bundle: { readonly key: string; readonly sha256: string };
let hosts: FleetHost[] = [];

beforeAll(async () => {
  emulator = await startEmulator();
  const config = {
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  sfn = new SFNClient(config);
  ssm = new SSMClient(config);
  // Ray's sockets lie under it, and their paths may have 107 bytes.
  dir = await mkdtemp('/tmp/ff-');
  venv = await imageVenv(join(dir, 'venv'));
  for (const Bucket of [RUNS, DATA]) await emulator.s3.send(new CreateBucketCommand({ Bucket }));
  const packed = await packBundle(ROOT);
  await uploadBundle(emulator.s3, RUNS, packed);
  bundle = packed;
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  hosts = [];
});
afterAll(async () => {
  sfn?.destroy();
  ssm?.destroy();
  await emulator?.stop();
  await rm(dir, { recursive: true, force: true });
});

it('a head and a worker boot, measure every image of the manifest and report', async () => {
  // Prepare
  const runId = 'whole';
  const objects = await putImages();
  const gone = objects[1] as DatasetObject;
  const changed = objects[2] as DatasetObject;
  await emulator.s3.send(new DeleteObjectCommand({ Bucket: DATA, Key: gone.key }));
  await put(DATA, changed.key, await picture(9));
  const batches = cut(objects, 3);
  await put(
    RUNS,
    layout.manifest(runId),
    `[\n${batches.map((batch) => JSON.stringify(batch)).join(',\n')}\n]\n`,
  );
  const { execution, secret } = await startJob(runId);

  // Act
  await boot('head', HEAD, 'i-head', runId);
  await boot('worker', WORKER, 'i-worker', runId);
  const outcome = await settled(execution, 90_000);

  // Assess
  const console = (await Promise.all(hosts.map((host) => host.console()))).join('\n');
  expect(outcome.status, console).toBe('SUCCEEDED');
  expect(JSON.parse(outcome.output ?? '')).toEqual({ status: 'succeeded', workersJoined: 1 });

  const rows = await Promise.all(
    batches.map(({ batch }) => text(layout.result(runId, 'fleet', ROUND, batch))),
  );
  const lines = rows.join('').split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line).key)).toEqual(objects.map(({ key }) => key));
  expect(lines[0]).toBe(
    '{"key":"a b#c?d+e%25\'\\"\\\\.png","width":4,"height":2,"channels":3,"max":[0,7,255]}',
  );
  expect(lines[1]).toBe(serializeRow(failedRow(gone.key, 'OBJECT_MISSING')));
  expect(lines[2]).toBe(serializeRow(failedRow(changed.key, 'OBJECT_CHANGED')));

  const spans = await Promise.all(
    batches.map(async ({ batch }) => spanSchema.parse(await json(layout.span(runId, 'fleet', ROUND, batch)))),
  );
  expect(spans.map(({ batch, images, round }) => [batch, images, round])).toEqual(
    batches.map(({ batch, objects }) => [batch, objects.length, ROUND]),
  );
  expect(spans.reduce((sum, { errors }) => sum + errors, 0)).toBe(2);
  expect(spans.some(({ coldStartMs }) => coldStartMs > 0)).toBe(true);
  expect(new Set(spans.map(({ worker }) => worker.split('/')[0]))).toEqual(new Set(['i-worker']));

  const info = fleetInfoSchema.parse(await json(layout.armInfo(runId, 'fleet', ROUND)));
  expect(info).toMatchObject({ status: 'succeeded', error: null, workersRequested: 1, workersJoined: 1 });
  expect(info.hosts.map(({ instanceId, role }) => [instanceId, role])).toEqual([
    ['i-head', 'head'],
    ['i-worker', 'worker'],
  ]);
  expect(info.clusterStatus.match(/^ 1 node_/gm)).toHaveLength(2);
  expect(info.engineStartedAt).toBeGreaterThanOrEqual(info.workersReadyAt);
  await expect.poll(() => hosts[0]?.shutdowns()).toContain('-h now');
  expect(console).not.toContain(secret);
});

it('a head whose workers never come says so and ends itself', async () => {
  // Prepare
  const { execution } = await startJob('alone');

  // Act
  await boot('head', HEAD, 'i-alone', 'alone', { FANFLEET_JOIN_DEADLINE_S: '1' });
  const outcome = await settled(execution, 60_000);

  // Assess
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'NoWorkers' });
  const info = fleetInfoSchema.parse(await json(layout.armInfo('alone', 'fleet', ROUND)));
  expect(info).toMatchObject({ status: 'failed', workersJoined: 0, error: { code: 'NoWorkers' } });
});

it('a head that cannot boot tells the step and ends itself', async () => {
  // Prepare
  const { execution } = await startJob('broken');

  // Act
  await boot('head', HEAD, 'i-broken', 'broken', { FANFLEET_BUNDLE_SHA256: '0'.repeat(64) });
  const outcome = await settled(execution, 30_000);

  // Assess
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'BootFailed' });
  expect(outcome.cause).toMatch(/^step bundle: [\s\S]*FAILED/);
  await expect.poll(() => hosts[0]?.shutdowns()).toContain('-h now');
});

async function boot(
  role: 'head' | 'worker',
  address: string,
  instanceId: string,
  runId: string,
  changes: Record<string, string> = {},
): Promise<void> {
  const script = await readBootScript(ROOT, role);
  const header = {
    FANFLEET_RUN_ID: runId,
    FANFLEET_ROUND: String(ROUND),
    FANFLEET_STAGE: 'test',
    FANFLEET_REGION: 'us-east-1',
    FANFLEET_RUNS_BUCKET: RUNS,
    FANFLEET_DATA_BUCKET: DATA,
    FANFLEET_ENDPOINT_URL: emulator.endpoint,
    FANFLEET_PARAMETER: parameter(runId),
    FANFLEET_BUNDLE_KEY: bundle.key,
    FANFLEET_BUNDLE_SHA256: bundle.sha256,
    FANFLEET_ENGINE: 'daft',
    FANFLEET_OPERATION: 'max',
    FANFLEET_NORMALISATION: 'null',
    FANFLEET_WORKERS: '1',
    FANFLEET_JOIN_DEADLINE_S: '60',
    FANFLEET_DEADLINE_S: '120',
    FANFLEET_JOB_DEADLINE_S: '110',
    FANFLEET_SWAP_GIB: '0',
    ...(role === 'worker' ? { FANFLEET_HEAD_ADDRESS: HEAD } : {}),
    ...changes,
  };
  const folder = join(dir, `${hosts.length}${role[0]}`);
  hosts.push(await bootHost(folder, address, instanceId, userData(script, header), venv));
}

/** An execution that waits for whoever has the secrets in the parameter of the run. */
async function startJob(runId: string): Promise<{ execution: string; secret: string }> {
  const { activityArn } = await sfn.send(new CreateActivityCommand({ name: runId }));
  const definition = JSON.stringify({
    StartAt: 'Fleet',
    States: { Fleet: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 120, End: true } },
  });
  const roleArn = 'arn:aws:iam::000000000000:role/test';
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name: runId, definition, roleArn }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
  const { taskToken } = await sfn.send(new GetActivityTaskCommand({ activityArn }));
  const rayToken = randomBytes(24).toString('hex');
  const Value = JSON.stringify({ taskToken, rayToken });
  await ssm.send(new PutParameterCommand({ Name: parameter(runId), Type: 'SecureString', Value }));
  if (executionArn === undefined) throw new Error('Expected an execution');
  return { execution: executionArn, secret: rayToken };
}

function parameter(runId: string): string {
  return `/fanfleet/test/${runId}`;
}

async function settled(executionArn: string, withinMs: number): Promise<DescribeExecutionOutput> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status !== 'RUNNING' || Date.now() > deadline) return described;
    await wait(100);
  }
}

async function putImages(): Promise<DatasetObject[]> {
  const names = ['plain-1.png', 'plain-2.png', 'é😀.png', 'zz/deep.png', `${'k'.repeat(200)}.png`];
  const keys = ['a b#c?d+e%25\'"\\.png', 'b.png', 'c.png', ...names].sort(compareKeys);
  return Promise.all(
    keys.map(async (key, position) => {
      const body = await picture(position);
      const etag = await put(DATA, key, body);
      return { key, size: body.length, etag };
    }),
  );
}

/** 4x2 pixels of one colour. */
function picture(red: number): Promise<Buffer> {
  const background = { r: red, g: 7, b: 255 };
  return sharp({ create: { width: 4, height: 2, channels: 3, background } })
    .png()
    .toBuffer();
}

function cut(objects: DatasetObject[], count: number): Batch[] {
  const batches: Batch[] = [];
  for (let start = 0; start < objects.length; start += count) {
    const part = objects.slice(start, start + count);
    batches.push({
      batch: batches.length,
      bytes: part.reduce((sum, { size }) => sum + size, 0),
      objects: part,
    });
  }
  return batches;
}

async function put(Bucket: string, Key: string, Body: Buffer | string): Promise<string> {
  const { ETag } = await emulator.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return ETag ?? '';
}

async function text(Key: string): Promise<string> {
  const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: RUNS, Key }));
  return (await Body?.transformToString()) ?? '';
}

async function json(key: string): Promise<unknown> {
  return JSON.parse(await text(key));
}
