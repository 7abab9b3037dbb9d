import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { layout } from '../../src/contract/layout.ts';
import type { DatasetObject } from '../../src/contract/manifest.ts';
import { failedRow, serializeRow } from '../../src/contract/row.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { cutBatches, DATA, FleetJobs, ROUND } from '../support/fleet-job.ts';
import { ownAddress } from '../support/own-address.ts';

const [HEAD, WORKER] = [ownAddress(11), ownAddress(12)];

let jobs: FleetJobs;

beforeAll(async () => {
  jobs = await FleetJobs.start();
});
afterEach(() => jobs?.stopHosts());
afterAll(() => jobs?.stop());

it('a head and a worker boot, measure every image of the manifest and report', async () => {
  // Prepare
  const runId = 'whole';
  const objects = await putImages();
  const gone = objects[1] as DatasetObject;
  const changed = objects[2] as DatasetObject;
  await jobs.emulator.s3.send(new DeleteObjectCommand({ Bucket: DATA, Key: gone.key }));
  await jobs.putImage(changed.key, await picture(9));
  const batches = cutBatches(objects, 3);
  await jobs.putManifest(runId, batches);
  const { execution, secret } = await jobs.execute(runId);

  // Act
  const head = await jobs.boot('head', HEAD, 'i-head', runId, {});
  await jobs.boot('worker', WORKER, 'i-worker', runId, { FANFLEET_HEAD_ADDRESS: HEAD });
  const outcome = await jobs.settled(execution, 90_000);

  // Assess
  const console = await jobs.consoles();
  expect(outcome.status, console).toBe('SUCCEEDED');
  expect(JSON.parse(outcome.output ?? '')).toEqual({ status: 'succeeded', workersJoined: 1 });

  const rows = await Promise.all(
    batches.map(({ batch }) => jobs.text(layout.result(runId, 'fleet', ROUND, batch))),
  );
  const lines = rows.join('').split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line).key)).toEqual(objects.map(({ key }) => key));
  expect(lines[0]).toBe(
    '{"key":"a b#c?d+e%25\'\\"\\\\.png","width":4,"height":2,"channels":3,"max":[0,7,255]}',
  );
  expect(lines[1]).toBe(serializeRow(failedRow(gone.key, 'OBJECT_MISSING')));
  expect(lines[2]).toBe(serializeRow(failedRow(changed.key, 'OBJECT_CHANGED')));

  const spans = await Promise.all(
    batches.map(async ({ batch }) =>
      spanSchema.parse(await jobs.json(layout.span(runId, 'fleet', ROUND, batch))),
    ),
  );
  expect(spans.map(({ batch, items, round }) => [batch, items, round])).toEqual(
    batches.map(({ batch, objects }) => [batch, objects.length, ROUND]),
  );
  expect(spans.reduce((sum, { errors }) => sum + errors, 0)).toBe(2);
  // What does batches was started before the first one came.
  expect(spans.map(({ coldStartMs }) => coldStartMs)).toEqual(spans.map(() => 0));
  expect(new Set(spans.map(({ worker }) => worker.split('/')[0]))).toEqual(new Set(['i-worker']));

  const info = await jobs.info(runId);
  expect(info).toMatchObject({ status: 'succeeded', error: null, workersRequested: 1, workersJoined: 1 });
  expect(info.hosts.map(({ instanceId, role }) => [instanceId, role])).toEqual([
    ['i-head', 'head'],
    ['i-worker', 'worker'],
  ]);
  expect(info.clusterStatus.match(/^ 1 node_/gm)).toHaveLength(2);
  expect(info.engineStartedAt).toBeGreaterThanOrEqual(info.workersReadyAt);
  await expect.poll(() => head.shutdowns()).toContain('-h now');
  expect(console).not.toContain(secret);
});

it('a head whose workers never come says so and ends itself', async () => {
  // Prepare
  const { execution } = await jobs.execute('alone');

  // Act
  await jobs.boot('head', HEAD, 'i-alone', 'alone', { FANFLEET_JOIN_DEADLINE_S: '1' });
  const outcome = await jobs.settled(execution, 60_000);

  // Assess
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'NoWorkers' });
  const info = await jobs.info('alone');
  expect(info).toMatchObject({ status: 'failed', workersJoined: 0, error: { code: 'NoWorkers' } });
});

it('a head that cannot boot tells the step and ends itself', async () => {
  // Prepare
  const { execution } = await jobs.execute('broken');

  // Act
  const head = await jobs.boot('head', HEAD, 'i-broken', 'broken', {
    FANFLEET_BUNDLE_SHA256: '0'.repeat(64),
  });
  const outcome = await jobs.settled(execution, 30_000);

  // Assess
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'BootFailed' });
  expect(outcome.cause).toMatch(/^step bundle: [\s\S]*FAILED/);
  await expect.poll(() => head.shutdowns()).toContain('-h now');
});

async function putImages(): Promise<DatasetObject[]> {
  const names = ['plain-1.png', 'plain-2.png', 'é😀.png', 'zz/deep.png', `${'k'.repeat(200)}.png`];
  const keys = ['a b#c?d+e%25\'"\\.png', 'b.png', 'c.png', ...names].sort(compareKeys);
  return Promise.all(keys.map(async (key, position) => jobs.putImage(key, await picture(position))));
}

/** 4x2 pixels of one colour. */
function picture(red: number): Promise<Buffer> {
  const background = { r: red, g: 7, b: 255 };
  return sharp({ create: { width: 4, height: 2, channels: 3, background } })
    .png()
    .toBuffer();
}
