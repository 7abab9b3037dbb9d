import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildGrpcProgram } from '../../scripts/packaging/grpc-program.mjs';
import { layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { endQueue } from '../../src/fleet/kept/end-fleet.ts';
import { keptFiles } from '../../src/fleet/kept/files.ts';
import { keptFleetStateSchema } from '../../src/fleet/kept/kept-fleet.ts';
import { enqueue } from '../../src/fleet/kept/queue.ts';
import { cutBatches, FleetJobs, ROUND } from '../support/fleet-job.ts';
import { plain } from '../support/image-bucket.ts';
import { ownAddress } from '../support/own-address.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOSTS = [ownAddress(11), ownAddress(12), ownAddress(13)] as const;
const GRPC = { FANFLEET_ENGINE: 'grpc' };
/** Of one execution. A busy machine takes long to boot. */
const WITHIN_MS = 100_000;

/** Of little bytes, and more to do than any machine does before its fleet ends. */
const LARGE = { width: 3000, height: 3000, channels: 3, background: 'teal' } as const;
const LARGE_IMAGES = 300;
const NORMALISING = {
  FANFLEET_WORKLOAD: JSON.stringify({
    name: 'normalise',
    params: { format: 'png', channels: 'each', quality: 90 },
  }),
};

let jobs: FleetJobs;
let batches: Batch[];
let large: Batch[];
let fleets = 0;

beforeAll(async () => {
  await buildGrpcProgram(ROOT, [process.arch]);
  jobs = await FleetJobs.start({ program: true });
  const images = Array.from({ length: 40 }, async (_, index) =>
    jobs.putImage(`image-${String(index).padStart(2, '0')}.png`, await plain(index, 64)),
  );
  batches = cutBatches(await Promise.all(images), 4);
  const body = await sharp({ create: LARGE }).png().toBuffer();
  const slow = Array.from({ length: LARGE_IMAGES }, (_, index) => jobs.putImage(`large/${index}.png`, body));
  large = cutBatches(await Promise.all(slow), 1);
});
afterEach(() => jobs?.stopHosts());
afterAll(() => jobs?.stop());

describe('a kept fleet', { timeout: 180_000 }, () => {
  it('does jobs that come at once one after the other, tells how long each waited, and ends itself when idle', async () => {
    // Prepare
    const id = nextId();
    const runs = [`${id}-first`, `${id}-second`];
    for (const run of runs) await jobs.putManifest(run, batches);

    // Act: both before it has booted
    const executions = [];
    for (const run of runs) executions.push(await jobs.submit(id, run));
    const { execution } = await jobs.keep(id, HOSTS, { ...GRPC, FANFLEET_IDLE_S: '3' });
    const outcomes = [];
    for (const each of executions) outcomes.push(await jobs.settled(each, WITHIN_MS));
    const end = await jobs.settled(execution, WITHIN_MS);

    // Assess
    const console = await jobs.consoles();
    expect(
      outcomes.map(({ status }) => status),
      console,
    ).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    for (const run of runs) expect(await maximaOf(run)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    const [first, second] = await Promise.all(runs.map(async (run) => (await jobs.info(run)).kept));
    expect(first).toMatchObject({ id, name: 'kept', job: 1, idleSince: null, workersAlive: 2 });
    expect(second).toMatchObject({ id, job: 2, idleSince: first?.endedAt });
    expect(second?.takenAt).toBeGreaterThanOrEqual(first?.endedAt ?? Number.POSITIVE_INFINITY);
    expect(end.status, console).toBe('SUCCEEDED');
    expect(JSON.parse(end.output ?? '')).toEqual({ reason: 'idle' });
    expect(await stateOf(id)).toMatchObject({ state: 'ended', jobs: 2, reason: 'idle' });
    // The workers were there, and in the middle of nothing.
    const spans = await spansOf(runs[1] ?? '');
    expect(spans.every(({ coldStartMs }) => coldStartMs === 0)).toBe(true);
    // What comes now is not taken.
    expect(await enqueue(jobs.store, id, { end: 'late' })).toEqual({ ended: 'idle' });
  });

  it('does what is in its queue when it is to stop, and takes no more', async () => {
    // Prepare
    const id = nextId();
    const run = `${id}-last`;
    await jobs.putManifest(run, batches);
    const { execution } = await jobs.keep(id, HOSTS, GRPC);
    const job = await jobs.submit(id, run);

    // Act
    await endQueue({ store: jobs.store, id, reason: 'stopped' });
    const late = jobs.submit(id, `${id}-late`);

    // Assess
    await expect(late).rejects.toThrow('stopped');
    expect((await jobs.settled(job, WITHIN_MS)).status, await jobs.consoles()).toBe('SUCCEEDED');
    const end = await jobs.settled(execution, WITHIN_MS);
    expect(JSON.parse(end.output ?? '')).toEqual({ reason: 'stopped' });
    expect(await maximaOf(run)).toHaveLength(40);
  });

  it('goes on without a worker that is lost, and says so with the next job', async () => {
    // Prepare
    const id = nextId();
    const runs = [`${id}-whole`, `${id}-less`];
    for (const run of runs) await jobs.putManifest(run, batches);
    const { hosts } = await jobs.keep(id, HOSTS, GRPC);
    const first = await jobs.settled(await jobs.submit(id, runs[0] ?? ''), WITHIN_MS);

    // Act
    await hosts[2]?.stop();
    await expect.poll(async () => (await stateOf(id)).workersAlive, { timeout: 60_000 }).toBe(1);
    const second = await jobs.settled(await jobs.submit(id, runs[1] ?? ''), WITHIN_MS);

    // Assess
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(await jobs.info(runs[0] ?? '')).toMatchObject({ workersRequested: 2, workersJoined: 2 });
    expect(await jobs.info(runs[1] ?? '')).toMatchObject({ workersRequested: 2, workersJoined: 1 });
    expect(await maximaOf(runs[1] ?? '')).toHaveLength(40);
  });

  it('fails the job and ends when all workers are lost, and what waits is told', async () => {
    // Prepare
    const id = nextId();
    const runs = [`${id}-alone`, `${id}-behind`];
    for (const run of runs) await jobs.putManifest(run, large);
    const { execution, hosts } = await jobs.keep(id, HOSTS, { ...GRPC, FANFLEET_ALONE_S: '3' });
    const executions = [];
    for (const run of runs) executions.push(await jobs.submit(id, run, NORMALISING));
    await expect
      .poll(() => stateOf(id).catch(() => null), { timeout: WITHIN_MS })
      .toMatchObject({ state: 'busy' });

    // Act
    await Promise.all(hosts.slice(1).map((host) => host.stop()));
    const [alone, behind] = await Promise.all(executions.map((each) => jobs.settled(each, WITHIN_MS)));
    const end = await jobs.settled(execution, WITHIN_MS);

    // Assess
    const console = await hosts[0]?.console();
    expect([alone?.status, alone?.error], console).toEqual(['FAILED', 'NoWorkersLeft']);
    expect(alone?.cause).toContain(`fanfleet run --resume ${runs[0]}`);
    expect([behind?.status, behind?.error]).toEqual([
      'FAILED',
      expect.stringMatching(/NoWorkersLeft|FleetEnded/),
    ]);
    expect(JSON.parse(end.output ?? '{}')).toEqual({ reason: 'no workers' });
    expect(await enqueue(jobs.store, id, { end: 'late' })).toEqual({ ended: 'no workers' });
  });

  it('ends at its deadline', async () => {
    const id = nextId();
    // Half a minute of it is kept to report.
    const { execution } = await jobs.keep(id, HOSTS, { ...GRPC, FANFLEET_JOB_DEADLINE_S: '40' });
    const end = await jobs.settled(execution, WITHIN_MS);
    expect([end.status, JSON.parse(end.output ?? '{}')]).toEqual(['SUCCEEDED', { reason: 'deadline' }]);
    expect(await enqueue(jobs.store, id, { end: 'late' })).toEqual({ ended: 'deadline' });
  });

  it('leaves out a job whose run has ended in the queue, and one that cannot be read', async () => {
    // Prepare
    const id = nextId();
    const runs = [`${id}-stopped`, `${id}-next`];
    for (const run of runs) await jobs.putManifest(run, batches);
    const stopped = await jobs.submit(id, runs[0] ?? '');
    await jobs.submit(id, `${id}-broken`, { FANFLEET_ROUND: 'none' });
    const next = await jobs.submit(id, runs[1] ?? '');

    // Act: before anybody could have taken it
    await jobs.stopRun(stopped, runs[0] ?? '');
    await jobs.keep(id, HOSTS, GRPC);

    // Assess
    expect((await jobs.settled(next, WITHIN_MS)).status, await jobs.consoles()).toBe('SUCCEEDED');
    await expect(jobs.info(runs[0] ?? '')).rejects.toThrow();
    expect((await jobs.info(runs[1] ?? '')).kept).toMatchObject({ job: 3, idleSince: null });
  });
});

function nextId(): string {
  fleets += 1;
  return `kept.${fleets}`;
}

async function stateOf(id: string) {
  return keptFleetStateSchema.parse(await jobs.json(keptFiles.state(id)));
}

/** The greatest value of each image, in their order. */
async function maximaOf(runId: string): Promise<number[]> {
  const texts = await Promise.all(
    batches.map(({ batch }) => jobs.text(layout.result(runId, 'fleet', ROUND, batch))),
  );
  const lines = texts.join('').trim().split('\n');
  return lines.map((line) => JSON.parse(line).max[0]);
}

async function spansOf(runId: string) {
  return Promise.all(
    batches.map(async ({ batch }) =>
      spanSchema.parse(await jobs.json(layout.span(runId, 'fleet', ROUND, batch))),
    ),
  );
}
