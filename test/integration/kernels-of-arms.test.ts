import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregateArm } from '../../src/aggregate/arm.ts';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import type { ObjectSink } from '../../src/aws/object-writer.ts';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { buildSummary } from '../../src/report/summary.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { work } from '../../src/worker/worker.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { batchOf, MIB } from '../support/image-bucket.ts';
import { given, type ObjectServer, startObjectServer } from '../support/object-server.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';
import { MemoryBucket, putManifest } from '../unit/aggregate/fixture.ts';
import { RUN_ID, sampleInput } from '../unit/report/sample.ts';

const IMAGES = 12;
/** Longer than both arms take: what is compared here is no time. */
const HOUR = 3_600_000;
let home: string;
let folder: string;
let batch: Batch;
let server: ObjectServer;
let reader: ObjectReader;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fanfleet-arms-'));
  ({ folder } = await makeSample('photos', home, { count: IMAGES }));
  const files = await Promise.all(
    (await readdir(folder)).map(
      async (name) => [`photos/${name}`, await readFile(join(folder, name))] as const,
    ),
  );
  batch = batchOf(files.map(([key, body]) => ({ key, size: body.length, etag: '"e"' })));
  server = await startObjectServer(Object.fromEntries(files.map(([key, body]) => [key, given(body)])));
  reader = new ObjectReader({
    region: async () => 'us-east-1',
    endpoint: async () => server.endpoint,
    credentials: async () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
  });
});
afterAll(async () => {
  reader?.close();
  await server?.stop();
  await rm(home, { recursive: true, force: true });
});

describe('a run of which each arm was done by a worker of its language', () => {
  it.each(PYTHON_KERNELS)(
    'with the kernel %s is ranked only if that is one program in both',
    async (wanted) => {
      // Act
      const summary = await runBoth(wanted);

      // Assess
      const native = wanted === 'native';
      const kernels = native ? ['native', 'native'] : ['wasm', 'pillow'];
      expect(summary.arms.map((arm) => arm.kernels)).toEqual(kernels.map((kernel) => [kernel]));
      expect(summary.agreement.equal).toBe(true);
      expect(summary.ranking).toMatchObject({ ranked: native, obstacle: native ? null : 'kernel' });
      if (!native) {
        expect(summary.headline).toBe(
          'The arms are not ranked: the serverless arm measured with wasm, the fleet arm with pillow; both gave the same answer.',
        );
      }
    },
  );
});

/** Both arms over the same manifest by the code of their workers, put together as the aggregator and the report do. */
async function runBoth(kernel: KernelChoice): Promise<Summary> {
  const startedAt = Date.now() - HOUR;
  const runs = new MemoryBucket();
  putManifest(runs, RUN_ID, [batch]);
  await workInNode(runs, kernel);
  const manifest = (await runs.get(`runs/${RUN_ID}/manifest.json`)).toString('utf8');
  const [written = '{}'] = fixtureLines(['arm_in_memory.py', folder, RUN_ID, kernel], { input: manifest });
  for (const [key, text] of Object.entries(JSON.parse(written) as Record<string, string>))
    runs.put(key, text);
  const input = await sampleInput({ images: 100, baseline: false });
  const times = { startedAt, endedAt: Date.now() + HOUR };
  const workload = { name: 'statistics', params: { operation: 'stats', depth: '8' } };
  const arms = await Promise.all(
    input.arms.map(async (arm) => {
      const found = { reader: runs, runId: RUN_ID, arm: arm.times.arm, round: 0, workload, ...times };
      return { ...arm, times: { ...arm.times, ...times }, aggregate: await aggregateArm(found) };
    }),
  );
  return buildSummary({ ...input, run: { ...input.run, kernel }, arms });
}

async function workInNode(runs: MemoryBucket, kernel: KernelChoice): Promise<void> {
  const store: ObjectSink = {
    put: async (key, body) => runs.put(key, body),
    putJson: async (key, value) => runs.put(key, JSON.stringify(value)),
  };
  const place = {
    runId: RUN_ID,
    round: 0,
    bucket: 'images',
    requesterPays: false,
    runsBucket: 'runs',
    batch,
  };
  await work(
    {
      ...place,
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
      kernel,
      imageMemory: 1024,
      stage: null,
    },
    {
      ...{ reader, store, kernel: await chooseKernel(kernel), fetches: 4, decodes: 2, worker: 'function-1' },
      ...{ encodedBytes: 64 * MIB, decodedBytes: 64 * MIB, coldStartMs: 0 },
      ...{ queuedAt: Date.now(), startedAt: Date.now() },
      clock: { epoch: Date.now, now: () => performance.now() },
      usage: () => ({ cpuMs: 1, rssPeakBytes: 1 }),
    },
  );
}
