import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildGrpcProgram } from '../../scripts/packaging/grpc-program.mjs';
import { type Engine, engineSchema } from '../../src/contract/engines.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { cutBatches, FleetJobs, ROUND } from '../support/fleet-job.ts';
import { fullOnly } from '../support/full-only.ts';
import { plain } from '../support/image-bucket.ts';
import { ownAddress } from '../support/own-address.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOSTS = [ownAddress(11), ownAddress(12)] as const;
const WITHIN_MS = 100_000;
/** In these it is our own code that does it; in the others the engine ends the processes of its workers. */
const ENGINES = fullOnly<Engine>(engineSchema.options, ['dask', 'grpc']);
/** Of little bytes, and more to do than any machine does before its worker hears that the run was stopped. */
const LARGE = { width: 3000, height: 3000, channels: 3, background: 'teal' } as const;
const IMAGES = 600;
/** An image takes less than a second of processor. */
const LONGER_THAN_AN_IMAGE_MS = 6_000;
const NORMALISING = {
  FANFLEET_WORKLOAD: JSON.stringify({
    name: 'normalise',
    params: { format: 'png', channels: 'each', quality: 90 },
  }),
};

let jobs: FleetJobs;
let long: Batch[];
let short: Batch[];

beforeAll(async () => {
  await buildGrpcProgram(ROOT, [process.arch]);
  jobs = await FleetJobs.start({ program: true });
  const large = await sharp({ create: LARGE }).png().toBuffer();
  const images = Array.from({ length: IMAGES }, (_, index) => jobs.putImage(`large/${index}.png`, large));
  // One batch, which takes a worker two minutes on two cores.
  long = cutBatches(await Promise.all(images), IMAGES);
  short = cutBatches([await jobs.putImage('small.png', await plain(7))], 1);
});
afterEach(() => jobs?.stopHosts());
afterAll(() => jobs?.stop());

describe.each(ENGINES)('workers of %s', { timeout: 180_000 }, (engine) => {
  it('drop the batch that they are at when its run is stopped, and do that of the next run', async () => {
    // Prepare
    const id = `stop-${engine}.1`;
    const [stopped, next] = [`${id}-stopped`, `${id}-next`];
    await jobs.putManifest(stopped, long);
    await jobs.putManifest(next, short);
    await jobs.keep(id, HOSTS, { FANFLEET_ENGINE: engine });
    const execution = await jobs.submit(id, stopped, NORMALISING);
    await expect.poll(() => written(stopped), { timeout: WITHIN_MS, interval: 200 }).toBeGreaterThan(2);

    // Act
    await jobs.stopRun(execution, stopped);
    const after = await jobs.settled(await jobs.submit(id, next), WITHIN_MS);
    const count = await writtenInTheEnd(stopped);

    // Assess
    expect(after.status, await jobs.consoles()).toBe('SUCCEEDED');
    expect(count).toBeLessThan(IMAGES);
    await expect(jobs.text(layout.result(stopped, 'fleet', ROUND, 0))).rejects.toThrow();
    expect(await jobs.text(layout.result(next, 'fleet', ROUND, 0))).toContain('small.png');
    expect((await jobs.info(stopped)).error).toMatchObject({ code: 'TaskGone' });
  });
});

/** How many have their file once no more come: a worker that the next run does not wait for ends the image that it is at. */
async function writtenInTheEnd(runId: string): Promise<number> {
  for (let before = -1; ; ) {
    const count = await written(runId);
    if (count === before || count === IMAGES) return count;
    before = count;
    await sleep(LONGER_THAN_AN_IMAGE_MS);
  }
}

/** How many images of a run have their file. */
async function written(runId: string): Promise<number> {
  let count = 0;
  for await (const _ of jobs.store.list(`${layout.arm(runId, 'fleet', ROUND)}normalised/`)) count += 1;
  return count;
}
