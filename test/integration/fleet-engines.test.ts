import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { createS3 } from '../../src/aws/s3.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import type { Engine } from '../../src/contract/engines.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Batch, DatasetObject } from '../../src/contract/manifest.ts';
import { serializeRow } from '../../src/contract/row.ts';
import { type Span, spanSchema } from '../../src/contract/span.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { workerStatesSchema } from '../../src/fleet/worker-states.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { runBatch } from '../../src/worker/run-batch.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import type { FleetHost } from '../support/fleet-host.ts';
import { cutBatches, DATA, FleetJobs, ROUND, RUNS } from '../support/fleet-job.ts';
import { fullOnly } from '../support/full-only.ts';
import { MIB } from '../support/image-bucket.ts';
import { ownAddress } from '../support/own-address.ts';

const ALL = ['daft', 'ray', 'dask', 'spark'] as const satisfies Engine[];
/** Daft's cluster is Ray's, and loses a process and a worker as Ray's does; `main-job.test.ts` has a run by Daft. */
const ENGINES = fullOnly<Engine>(ALL, ['ray', 'dask', 'spark']);
const HEAD = ownAddress(11);
const WORKERS = [ownAddress(12), ownAddress(13)];
const NORMALISATION = { format: 'png', channels: 'each', quality: 90 } as const;

let jobs: FleetJobs;
let batches: Batch[];
let expected: Promise<string[]> | undefined;

beforeAll(async () => {
  jobs = await FleetJobs.start();
  batches = cutBatches([...(await putLoose(30)), ...(await putTar(30))], 5);
});
afterEach(async () => {
  jobs?.emulator.goOn();
  await jobs?.stopHosts();
});
afterAll(() => jobs?.stop());

// Each boots a fleet, which takes its time where cores are few.
const LIMIT = { timeout: 180_000 };

describe.each(ENGINES)('%s', LIMIT, (engine) => {
  it('gives the rows and the files of the other arm, though a process dies in the middle of it and EC2 takes a worker back', async () => {
    // Prepare
    const { runId, execution, secret, head, workers } = await start(engine);
    await expect.poll(() => head.console(), { timeout: 160_000 }).toContain('warm-up took');

    // Act
    const first = await firstSpan(runId, execution);
    process.kill(Number(first.worker.split('/')[1]), 'SIGKILL');
    const commands = await commandLines();
    const [leaving = -1] = [0, 1].filter(
      (number) => first.worker.split('/')[0] !== instanceOf(engine, number),
    );
    await takeBack(workers[leaving]);
    const outcome = await jobs.settled(execution, 160_000);

    // Assess
    const console = await jobs.consoles();
    expect(outcome.status, console).toBe('SUCCEEDED');
    expect(await rowsOf(runId)).toEqual(await expectedRows());
    const keys = batches.flatMap(({ objects }) => objects.map(({ key }) => key));
    const files = keys.map((key) => layout.normalised(runId, 'fleet', ROUND, key, 'png'));
    expect(await normalisedFiles(runId)).toEqual(files.sort());
    expect(commands).toContain(`engines.${engine}`);
    expect(commands + console).not.toContain(secret);
    const states = await statesOfWorkers(runId);
    expect(states.filter((state) => state.endsWith('DEAD'))).toEqual([]);
    expect(states).toContain(`${WORKERS[leaving]} LEFT`);
    const info = await jobs.info(runId);
    expect(info).toMatchObject({ engine, status: 'succeeded', workersJoined: WORKERS.length });
    // Nobody may open one here, and those of the others take time to boot.
    expect(info.dashboard).toMatch(engine === 'spark' ? `http://${HEAD}:` : /^$/);
    expect(info.hosts[0]?.steps.map(({ name }) => name)).toContain('warm-up');
    expect(info.clusterStatus).not.toBe('');
    expect(info.hosts.map(({ address }) => address).sort()).toEqual([HEAD, ...WORKERS]);
    const isNative = loadAddon() !== undefined;
    expect(first.kernel).toBe(isNative ? 'native' : 'pillow');
    expect(info.hosts.map(({ noNativeKernel }) => noNativeKernel === null)).toEqual(Array(3).fill(isNative));
  });
});

async function start(engine: Engine) {
  const runId = `${engine}-run`;
  await jobs.putManifest(runId, batches);
  const { execution, secret } = await jobs.execute(runId);
  const header = {
    FANFLEET_ENGINE: engine,
    FANFLEET_WORKLOAD: JSON.stringify({ name: 'normalise', params: NORMALISATION }),
    FANFLEET_WORKERS: String(WORKERS.length),
  };
  const head = await jobs.boot('head', HEAD, `i-${engine}-head`, runId, header);
  const workers: FleetHost[] = [];
  for (const [number, address] of WORKERS.entries()) {
    const worker = { ...header, FANFLEET_HEAD_ADDRESS: HEAD };
    workers.push(await jobs.boot('worker', address, instanceOf(engine, number), runId, worker));
  }
  return { runId, execution, secret, head, workers };
}

function instanceOf(engine: Engine, number: number): string {
  return `i-${engine}-${number}`;
}

/** Return once the worker knows. It looks for a notice every two seconds, in which all could be done: so nothing is. */
async function takeBack(worker: FleetHost | undefined): Promise<void> {
  jobs.emulator.pause();
  worker?.interrupt();
  await expect.poll(() => worker?.console()).toContain('draining');
  jobs.emulator.goOn();
}

async function normalisedFiles(runId: string): Promise<string[]> {
  const files = [];
  const store = new ObjectStore(jobs.emulator.s3, RUNS);
  for await (const { key } of store.list(`${layout.arm(runId, 'fleet', ROUND)}normalised/`)) files.push(key);
  return files.sort();
}

/** All states that workers had, such as `127.7.2.12 ALIVE`. */
async function statesOfWorkers(runId: string): Promise<string[]> {
  const file = await jobs.json(layout.workerStates(runId, ROUND)).catch(() => ({ changes: [] }));
  return workerStatesSchema.parse(file).changes.map(({ address, state }) => `${address} ${state}`);
}

/** The span of the batch that is done first. */
async function firstSpan(runId: string, execution: string): Promise<Span> {
  const store = new ObjectStore(jobs.emulator.s3, RUNS);
  const prefix = `${layout.arm(runId, 'fleet', ROUND)}spans/`;
  while ((await jobs.settled(execution, 0)).status === 'RUNNING') {
    for await (const { key } of store.list(prefix)) return spanSchema.parse(await jobs.json(key));
    await wait(50);
  }
  throw new Error(`Expected a span but there is none.\n${await jobs.consoles()}`);
}

/** Of all processes of this machine, as anybody can read them. */
async function commandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.join('\n');
}

async function rowsOf(runId: string): Promise<string[]> {
  const texts = await Promise.all(
    batches.map(({ batch }) => jobs.text(layout.result(runId, 'fleet', ROUND, batch))),
  );
  return texts.join('').split('\n').slice(0, -1);
}

/** By the kernel of the serverless arm. */
function expectedRows(): Promise<string[]> {
  expected ??= measuredRows();
  return expected;
}

async function measuredRows(): Promise<string[]> {
  const s3 = createS3(jobs.emulator.client);
  const reader = new ObjectReader(s3Access(s3));
  try {
    const rows = [];
    for (const batch of batches) {
      const measured = await runBatch({
        reader,
        bucket: DATA,
        batch,
        runner: imageRunner({ operation: 'normalise', normalisation: NORMALISATION }),
        kernel: createSharpKernel(),
        fetches: 4,
        decodes: 2,
        encodedBytes: 64 * MIB,
        decodedBytes: 64 * MIB,
        imageBytes: 1024 * MIB,
        now: () => performance.now(),
      });
      rows.push(...measured.rows.map(serializeRow));
    }
    return rows;
  } finally {
    reader.close();
    s3.destroy();
  }
}

async function putLoose(count: number): Promise<DatasetObject[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => jobs.putImage(name('loose', i), await noise())),
  );
}

async function putTar(count: number): Promise<DatasetObject[]> {
  const files = await Promise.all(
    Array.from(
      { length: count },
      async (_, i): Promise<[string, Buffer]> => [name('packed', i), await noise()],
    ),
  );
  const tar = tarOf(files);
  const { etag } = await jobs.putImage('shard.tar', tar);
  return files.map(([key, bytes]) => {
    // The header has the name; the data begin with the next block of 512 bytes.
    const offset = (Math.floor(tar.indexOf(key) / 512) + 1) * 512;
    return { key, size: bytes.length, etag, shard: { key: 'shard.tar', offset } };
  });
}

function name(folder: string, number: number): string {
  return `${folder}/${String(number).padStart(3, '0')}.png`;
}

/** It takes tens of milliseconds to normalise, so that there is a middle of the run; how well it is packed is all the same. */
function noise(): Promise<Buffer> {
  const [width, height] = [900, 900];
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
