import { hash } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getIfPresent } from '../../src/aws/bucket-reader.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { ObjectSink } from '../../src/aws/object-writer.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { layout } from '../../src/contract/layout.ts';
import { failedRow, serializeRow } from '../../src/contract/row.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { InputFiles } from '../../src/worker/inputs.ts';
import { work } from '../../src/worker/worker.ts';
import { HISTOGRAMS } from '../../src/workloads/facts.ts';
import { writeTraining } from '../../src/workloads/knn/training.ts';
import { batchOf, type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';

const RUNS = 'measure-runs';
const STATS = { name: 'statistics', params: { operation: 'stats', depth: '8' } };
const kernel = createSharpKernel();
const addon = loadAddon();
const KERNELS = [kernel, createWasmKernel(), ...(addon === undefined ? [] : [createNativeKernel(addon)])];
let bucket: ImageBucket;

beforeAll(async () => {
  bucket = await startImageBucket();
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
});
afterAll(() => bucket?.stop());

describe('work', () => {
  const options = (epoch: () => number) => ({
    reader: bucket.reader,
    kernel,
    fetches: 4,
    decodes: 2,
    encodedBytes: MIB,
    decodedBytes: MIB,
    store: new ObjectStore(bucket.s3, RUNS),
    worker: 'worker-1',
    queuedAt: 1_000,
    startedAt: 2_000,
    coldStartMs: 300,
    clock: { epoch, now: () => performance.now() },
    usage: () => ({ cpuMs: 5, rssPeakBytes: 7 }),
  });

  it('says that another batch can begin once the rows are there, before it waits for the span', async () => {
    const store = new ObjectStore(bucket.s3, RUNS);
    const events: string[] = [];
    const sink: ObjectSink = {
      put: (key, ...rest) => store.put(key, ...rest).then(() => void events.push(key)),
      putJson: (key, value) => store.putJson(key, value).then(() => void events.push(key)),
    };
    const batch = batchOf([await bucket.put('work/early.png', await plain(1))]);
    await work(
      {
        ...{ runId: 'early', round: 0, bucket: bucket.bucket, requesterPays: false, runsBucket: RUNS, batch },
        ...{ workload: STATS, kernel: 'auto', imageMemory: 1024, stage: null },
      },
      { ...options(() => 2_500), store: sink, onMeasured: () => events.push('measured') },
    );
    expect(events).toEqual([
      layout.result('early', 'serverless', 0, batch.batch),
      'measured',
      layout.span('early', 'serverless', 0, batch.batch),
    ]);
  });

  it('writes rows and span where the layout says, the same rows each time, and returns counts only', async () => {
    // Prepare
    const objects = [
      await bucket.put('work/a.png', await plain(1)),
      { key: 'work/b.png', size: 5, etag: '"gone"' },
    ];
    const job = {
      runId: 'r',
      round: 1,
      bucket: bucket.bucket,
      requesterPays: false,
      kernel: 'auto' as const,
      runsBucket: RUNS,
      workload: STATS,
      imageMemory: 1024,
      stage: null,
      batch: batchOf(objects),
    };
    const store = new ObjectStore(bucket.s3, RUNS);

    // Act
    const { counts } = await work(
      job,
      options(() => 2_500),
    );
    const first = (await store.get(layout.result('r', 'serverless', 1, 3))).toString('utf8');
    await work(job, { ...options(() => 9_999), worker: 'another' });
    const second = (await store.get(layout.result('r', 'serverless', 1, 3))).toString('utf8');

    // Assess
    expect(counts).toEqual({ batch: 3, items: 2, errors: 1 });
    const sum = [64, 0, 0];
    const row = { sum, sumSq: sum, min: [1, 0, 0], max: [1, 0, 0], mean_e6: [1_000_000, 0, 0] };
    expect(first).toBe(
      `${JSON.stringify({ key: 'work/a.png', width: 8, height: 8, channels: 3, ...row })}\n` +
        `${serializeRow(failedRow('work/b.png', 'OBJECT_MISSING'))}\n`,
    );
    expect(second).toBe(first);
    const span = spanSchema.parse(await store.getJson(layout.span('r', 'serverless', 1, 3)));
    expect(span).toMatchObject({
      arm: 'serverless',
      round: 1,
      batch: 3,
      worker: 'another',
      items: 2,
      errors: 1,
    });
    expect(span).toMatchObject({
      queuedAt: 1_000,
      startedAt: 2_000,
      endedAt: 9_999,
      billedMs: 8_299,
      cpuMs: 0,
    });
  });

  it.each(KERNELS)('writes the histogram of what the $name kernel could measure', async (kernel) => {
    // Prepare
    const objects = [
      await bucket.put('work/a.png', await plain(1)),
      await bucket.put('work/b.jpg', Buffer.from('no image')),
      await bucket.put('work/c.png', await plain(200)),
    ];
    const runId = `histogram-${kernel.name}`;
    const job = {
      runId,
      round: 0,
      bucket: bucket.bucket,
      requesterPays: false,
      kernel: 'auto' as const,
      runsBucket: RUNS,
      imageMemory: 1024,
      stage: null,
    };
    const store = new ObjectStore(bucket.s3, RUNS);

    // Act
    await work(
      { ...job, workload: { name: 'histogram', params: { depth: '8' } }, batch: batchOf(objects) },
      { ...options(() => 2_500), kernel },
    );
    await work(
      { ...job, workload: STATS, batch: { ...batchOf(objects), batch: 4 } },
      { ...options(() => 2_500), kernel },
    );

    // Assess
    const counts = (values: Record<number, number>) =>
      Array.from({ length: 256 }, (_, value) => values[value] ?? 0);
    const file = await store.get(layout.batchFile(HISTOGRAMS, runId, 'serverless', 0, 3));
    expect(JSON.parse(file.toString())).toEqual({
      batch: 3,
      images: 2,
      counts: [counts({ 1: 64, 200: 64 }), counts({ 0: 128 }), counts({ 0: 128 })],
    });
    const rows = await store.get(layout.result(runId, 'serverless', 0, 3));
    expect(rows).toEqual(await store.get(layout.result(runId, 'serverless', 0, 4)));
    expect(await getIfPresent(store, layout.batchFile(HISTOGRAMS, runId, 'serverless', 0, 4))).toBeNull();
  });

  it('reads the inputs of its run where the workload needs some, which counts as time to know the batch', async () => {
    // Prepare
    const pixels = Buffer.concat([1, 90].map((red) => Buffer.alloc(192, Uint8Array.of(red, 0, 0))));
    const labels = { labels: ['dark', 'red'], labelOf: Uint32Array.of(0, 1) };
    const training = writeTraining({ width: 8, height: 8, ...labels, pixels });
    const key = layout.inputFile('knn', 'training.bin');
    const store = new ObjectStore(bucket.s3, RUNS);
    await store.put(key, training, 'application/octet-stream');
    const place = { key, sha256: hash('sha256', training, 'hex'), bytes: training.length };
    await store.putJson(layout.inputs('knn'), { training: place, notes: [] });
    const requests = new S3Requests(s3Access(bucket.s3));
    const batch = batchOf([
      await bucket.put('work/a.png', await plain(80)),
      await bucket.put('work/b.png', await plain(3, 4)),
    ]);
    const job = {
      ...{ runId: 'knn', round: 0, bucket: bucket.bucket, requesterPays: false, runsBucket: RUNS, batch },
      ...{ kernel: 'auto' as const, imageMemory: 1024, stage: null },
    };
    let looks = 0;
    const clock = { epoch: () => 2_500, now: () => looks++ };
    const withInputs = { ...options(clock.epoch), clock, listMs: 100, inputs: new InputFiles(requests) };
    const listMs = async () =>
      spanSchema.parse(await store.getJson(layout.span('knn', 'serverless', 0, 3))).listMs;

    // Act
    await work({ ...job, workload: STATS }, withInputs);
    const withoutInputs = await listMs();
    await work({ ...job, workload: { name: 'knn', params: { k: 1 } } }, withInputs);
    requests.close();

    // Assess
    const row = { width: 8, height: 8, channels: 3, label: 'red', neighbours: [[1, 64 * 100]] };
    expect((await store.get(layout.result('knn', 'serverless', 0, 3))).toString()).toBe(
      `${JSON.stringify({ key: 'work/a.png', ...row })}\n${serializeRow(failedRow('work/b.png', 'SIZE_DIFFERS'))}\n`,
    );
    expect(withoutInputs).toBe(100);
    expect(await listMs()).toBeGreaterThan(100);
  });

  it('writes nothing where the batch fails', async () => {
    const job = {
      runId: 'failed',
      round: 0,
      bucket: 'nowhere',
      requesterPays: false,
      kernel: 'auto' as const,
      runsBucket: RUNS,
      workload: { name: 'statistics', params: { operation: 'mean', depth: '8' } },
      imageMemory: 1024,
      stage: null,
    };
    const batch = batchOf([{ key: 'k', size: 1, etag: '"e"' }]);
    await expect(
      work(
        { ...job, batch },
        options(() => 2_500),
      ),
    ).rejects.toMatchObject({ code: 'NoSuchBucket' });
    const left = [];
    for await (const object of new ObjectStore(bucket.s3, RUNS).list('runs/failed/')) left.push(object);
    expect(left).toEqual([]);
  });
});
