import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHosts } from '../../src/aggregate/hosts.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import { FleetWatch } from '../../src/fleet/fleet-view.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { HostFiles } from '../support/watched-run.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUCKET = 'watched';
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(() => emulator?.stop());

it('what a host writes of itself is what the summary tells of it', async () => {
  // Prepare
  const store = new ObjectStore(emulator.s3, BUCKET);
  const startedAt = Date.now();
  await new HostFiles(store, 'r', 0, 'i-1').report('worker', '10.77.0.12', startedAt);

  // Act
  const arm = layout.arm('r', 'fleet', 0);
  await run(
    join(ROOT, '.venv/bin/python'),
    ['-B', join(ROOT, 'test/fixtures/watch_host.py'), BUCKET, arm, 'i-1'],
    {
      env: {
        PYTHONPATH: join(ROOT, 'ec2-workers'),
        AWS_ENDPOINT_URL: emulator.endpoint,
        AWS_DEFAULT_REGION: emulator.client.region,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    },
  );
  const hosts = await readHosts({
    ...{ reader: store, runId: 'r', round: 0, fleet: null, startedAt },
    endedAt: Date.now(),
  });

  // Assess
  expect(hosts).toHaveLength(1);
  expect(hosts[0]?.states.map(({ state }) => state)).toEqual(['ALIVE', 'LEFT']);
  const { cpuMean, cpus = 0, memoryPeakBytes = 0, receivedBytes } = hosts[0]?.utilisation ?? {};
  expect(cpuMean).toBeGreaterThan(0.1 / cpus);
  expect(memoryPeakBytes).toBeGreaterThan(2 ** 20);
  expect(receivedBytes).not.toBeNull();
});

it('of a run with stages the newest one is shown, and the rate goes on from one to the next', async () => {
  // Prepare
  const store = new ObjectStore(emulator.s3, BUCKET);
  const [one, other] = ['i-1', 'i-2'].map((id) => new HostFiles(store, 'staged', 0, id));
  const now = Date.now();
  await one?.report('worker', '10.77.0.12', now - 60_000);
  await other?.report('worker', '10.77.0.13', now - 60_000);
  const watch = new FleetWatch(store, 'staged', 0, true);
  const none = await watch.look([], now);
  for (const batch of [0, 1, 2]) await one?.span(batch, now - 5_000, 0);
  await other?.span(3, now - 20_000, 0);
  const first = await watch.look([], now);
  await one?.span(0, now, 1);

  // Act
  const second = await watch.look([], now);
  const late = await new FleetWatch(store, 'staged', 0, true).look([], now);

  // Assess
  const batchesOf = ({ hosts }: typeof first) => hosts.map(({ batches }) => batches);
  expect(none).toMatchObject({ stage: 0, batches: 0 });
  expect(first).toMatchObject({ stage: 0, batches: 4 });
  expect(batchesOf(first)).toEqual([3, 1]);
  expect(second).toMatchObject({ stage: 1, batches: 1 });
  expect(batchesOf(second)).toEqual([1, 0]);
  expect(second.hosts[0]?.batchesPerSecond).toBe(0.4);
  expect(late).toEqual(second);
});
