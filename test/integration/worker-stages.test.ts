import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { layout } from '../../src/contract/layout.ts';
import { failedRow, serializeRow } from '../../src/contract/row.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { StageMemory } from '../../src/worker/stage-memory.ts';
import { countsOfTakenOver } from '../../src/worker/taken-over.ts';
import { type Work, work } from '../../src/worker/worker.ts';
import { batchOf, type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';
import { inputFile, stateOf, sumsRunner } from '../support/sums-workload.ts';

const RUNS = 'stage-runs';
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
let bucket: ImageBucket;
let requests: S3Requests;
let store: ObjectStore;

beforeAll(async () => {
  bucket = await startImageBucket('stage-data');
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  requests = new S3Requests(s3Access(bucket.s3));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(async () => {
  requests?.close();
  await bucket?.stop();
});

/** A batch of two images that can be compared, and two that cannot, and the state of a stage. */
async function jobOf(runId: string, sum = 0): Promise<Work> {
  const objects = [
    await bucket.put(`${runId}/a.png`, await plain(1)),
    await bucket.put(`${runId}/b.png`, Buffer.from('no image')),
    await bucket.put(`${runId}/c.png`, await plain(2, 9)),
    await bucket.put(`${runId}/d.png`, await plain(5)),
  ];
  const state = stateOf({ width: 8, height: 8, sum });
  const file = inputFile(`runs/${runId}/start.json`, state);
  await store.put(file.key, state, 'application/json');
  return {
    ...{ runId, round: 0, bucket: bucket.bucket, requesterPays: false, runsBucket: RUNS },
    ...{ workload: { name: 'sums', params: {} }, kernel: 'auto', imageMemory: 1024 },
    stage: { number: 0, state: file },
    batch: batchOf(objects),
  };
}

const atStage = (job: Work, number: number): Work => ({
  ...job,
  stage: job.stage && { ...job.stage, number },
});

const options = (stages: StageMemory, kernel = createSharpKernel(), steps = { count: 0 }) => ({
  ...{ reader: bucket.reader, kernel, store, stages },
  ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB },
  ...{ worker: 'worker-1', queuedAt: 1_000, startedAt: 2_000, coldStartMs: 0 },
  clock: { epoch: () => 2_500, now: () => performance.now() },
  usage: () => ({ cpuMs: 5, rssPeakBytes: 7 }),
  runnerOf: () => sumsRunner(steps),
});

describe('a stage of a batch', () => {
  it.each(KERNELS)('has rows, files and a span below its own folder ($name)', async (kernel) => {
    // Prepare
    const job = await jobOf(`folder-${kernel.name}`, 70);
    const stages = new StageMemory(requests, 64 * MIB);

    // Act
    const { counts } = await work(job, options(stages, kernel));
    await work(atStage(job, 1), options(stages, kernel));

    // Assess
    expect(counts).toEqual({ batch: 3, items: 4, errors: 2 });
    const row = (name: string) => ({
      ...{ key: `${job.runId}/${name}`, width: 8, height: 8, channels: 3 as const },
      label: '70',
    });
    const rows = [
      row('a.png'),
      failedRow(`${job.runId}/b.png`, 'NOT_AN_IMAGE'),
      failedRow(`${job.runId}/c.png`, 'SIZE_DIFFERS'),
      row('d.png'),
    ];
    const text = rows.map((one) => `${serializeRow(one)}\n`).join('');
    for (const stage of [0, 1]) {
      const place = [job.runId, 'serverless', 0, 3, stage] as const;
      expect((await store.get(layout.result(...place))).toString('utf8')).toBe(text);
      const sum = 64 * (1 + 5) * (stage + 1);
      expect(await store.getJson(layout.batchFile('sums', ...place))).toEqual({ sum });
      expect(spanSchema.parse(await store.getJson(layout.span(...place)))).toMatchObject({
        stage,
        errors: 2,
      });
    }
  });

  it('reads nothing where the batch is kept, and says so', async () => {
    // Prepare
    const job = await jobOf('kept');
    const stages = new StageMemory(requests, 64 * MIB);
    const steps = { count: 0 };
    await work(job, options(stages, createSharpKernel(), steps));
    for (const { key } of job.batch.objects) {
      await bucket.s3.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: key }));
    }

    // Act
    const { span, counts } = await work(atStage(job, 1), options(stages, createSharpKernel(), steps));

    // Assess
    expect(counts).toEqual({ batch: 3, items: 4, errors: 2 });
    const { gets, getMs, loadMs, decodeMs, bytes, computeMs, processMs } = span;
    expect({ gets, getMs, loadMs, decodeMs, bytes }).toEqual({
      gets: 0,
      getMs: 0,
      loadMs: 0,
      decodeMs: 0,
      bytes: 0,
    });
    expect(processMs).toBe(computeMs);
    expect(steps.count).toBe(2);
  });

  it('loads the batch where another process had it, or where it is the first stage', async () => {
    const job = await jobOf('loaded');
    const stages = new StageMemory(requests, 64 * MIB);
    const elsewhere = new StageMemory(requests, 64 * MIB);
    await work(job, options(stages));
    const spans = [
      (await work(atStage(job, 1), options(elsewhere))).span,
      (await work(job, options(stages))).span,
    ];
    for (const { gets, bytes } of spans) {
      expect(gets).toBe(4);
      expect(bytes).toBeGreaterThan(0);
    }
  });

  it('keeps no batch that has no room', async () => {
    const job = await jobOf('large');
    const stages = new StageMemory(requests, 1_000);
    await work(job, options(stages));
    const { span } = await work(atStage(job, 1), options(stages));
    expect(span.gets).toBe(4);
  });

  it('leaves no memory to what was kept where a single map comes after it', async () => {
    // Prepare
    const job = await jobOf('before-a-map');
    const stages = new StageMemory(requests, 64 * MIB);
    await work(job, options(stages));
    expect(stages.batches.bytes).toBeGreaterThan(0);
    const { runnerOf: _, ...own } = options(stages);
    const workload = { name: 'statistics', params: { operation: 'stats', depth: '8' } };

    // Act
    await work({ ...job, runId: 'a-map', workload, stage: null }, own);

    // Assess
    expect(stages.batches.bytes).toBe(0);
    expect((await work(atStage(job, 1), options(stages))).span.gets).toBe(4);
  });

  it('refuses a state that is not what was reduced', async () => {
    const job = await jobOf('damaged');
    const state = job.stage?.state ?? inputFile('', '');
    await store.put(state.key, stateOf({ width: 8, height: 8, sum: 1 }), 'application/json');
    await expect(work(job, options(new StageMemory(requests, MIB)))).rejects.toMatchObject({
      code: 'INPUT_DAMAGED',
    });
  });

  it('is expected of a workload that has stages, and of no other', async () => {
    const job = await jobOf('none');
    const stages = new StageMemory(requests, MIB);
    await expect(work({ ...job, stage: null }, options(stages))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('Expected a stage for the workload sums but got none'),
    });
    const statistics = { name: 'statistics', params: { operation: 'stats', depth: '8' } };
    const { runnerOf: _, ...own } = options(stages);
    await expect(work({ ...job, workload: statistics }, own)).rejects.toMatchObject({
      message: expect.stringContaining('Expected no stage for the workload statistics but got stage 0'),
    });
  });

  it('counts as taken over by the files of its own stage', async () => {
    const job = await jobOf('taken');
    await work(job, options(new StageMemory(requests, MIB)));
    const taken = (one: Work) => countsOfTakenOver(one, requests, ['sums']);
    expect(await taken(job)).toEqual({ batch: 3, items: 4, errors: 2 });
    expect(await taken(atStage(job, 1))).toBeNull();
    expect(await taken({ ...job, stage: null })).toBeNull();
  });

  it('is done again where any of its files is gone', async () => {
    const job = await jobOf('gone');
    const place = [job.runId, 'serverless', 0, 3, 0] as const;
    const files = [layout.result(...place), layout.batchFile('sums', ...place), layout.span(...place)];
    for (const Key of files) {
      await work(job, options(new StageMemory(requests, MIB)));
      expect(await countsOfTakenOver(job, requests, ['sums'])).toMatchObject({ batch: 3 });
      await bucket.s3.send(new DeleteObjectCommand({ Bucket: RUNS, Key }));
      expect(await countsOfTakenOver(job, requests, ['sums'])).toBeNull();
    }
  });
});
