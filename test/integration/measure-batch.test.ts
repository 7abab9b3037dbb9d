import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { createS3 } from '../../src/aws/s3.ts';
import type { Batch, DatasetObject } from '../../src/dataset/manifest.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { failedRow, isFailed, type Row, serializeRow } from '../../src/kernel/row.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { layout } from '../../src/run/layout.ts';
import { spanSchema } from '../../src/timing/span.ts';
import { runBaseline } from '../../src/workload/baseline.ts';
import { type MeasureBatchOptions, measureBatch } from '../../src/workload/measure-batch.ts';
import { work } from '../../src/workload/worker.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUCKET = 'measure-data';
const RUNS = 'measure-runs';
const MIB = 1024 * 1024;
const ODD_KEYS = [
  'odd/a key with  spaces .png',
  'odd/hash#question?plus+percent%20amp&equals=.png',
  `odd/quotes"'back\\slash<tag>.png`,
  'odd/emoji 😀.png',
  'odd/é composed, e\u0301 decomposed.png',
  'odd/..png',
  `odd/${'x'.repeat(991)}.png`,
];

let folder: string;
let emulator: Emulator;
let s3: S3Client;
const kernel = createSharpKernel();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-measure-'));
  emulator = await startEmulator();
  s3 = createS3(emulator.client);
  for (const Bucket of [BUCKET, RUNS]) await s3.send(new CreateBucketCommand({ Bucket }));
  execFileSync(join(ROOT, '.venv/bin/python'), [join(ROOT, 'test/fixtures/odd_images.py'), folder]);
});
afterAll(async () => {
  s3?.destroy();
  await emulator?.stop();
  await rm(folder, { recursive: true, force: true });
});

const odd = (name: string) => readFile(join(folder, name));

/** An image of one colour, which says by itself what its row must be. */
const plain = (red: number, size = 8) =>
  sharp({ create: { width: size, height: size, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();

async function put(key: string, body: Buffer): Promise<DatasetObject> {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  return { key, size: body.length, etag: ETag };
}

function batchOf(objects: readonly DatasetObject[]): Batch {
  const sorted = objects.toSorted((a, b) => compareKeys(a.key, b.key));
  return { batch: 3, bytes: sorted.reduce((sum, { size }) => sum + size, 0), objects: sorted };
}

function measure(batch: Batch, changes: Partial<MeasureBatchOptions> = {}) {
  return measureBatch({
    s3,
    bucket: BUCKET,
    batch,
    operation: 'max',
    kernel,
    fetches: 8,
    decodes: 2,
    encodedBytes: 64 * MIB,
    decodedBytes: 64 * MIB,
    now: () => performance.now(),
    ...changes,
  });
}

describe('measureBatch', () => {
  it('measures images whatever their keys are, and gives the rows in their order', async () => {
    // Prepare
    const objects = await Promise.all(ODD_KEYS.map(async (key, i) => put(key, await plain(i + 1))));
    const batch = batchOf(objects);

    // Act
    const { rows, bytes, errors } = await measure(batch);

    // Assess
    const red = new Map(ODD_KEYS.map((key, i) => [key, i + 1]));
    expect(rows).toEqual(
      batch.objects.map(({ key }) => ({ key, width: 8, height: 8, channels: 3, max: [red.get(key), 0, 0] })),
    );
    expect({ bytes, errors }).toEqual({ bytes: batch.bytes, errors: 0 });
  });

  it('makes a row with its code of each image that cannot be measured, and does the rest', async () => {
    // Prepare
    const good = await plain(9);
    const objects = await Promise.all([
      put('bad/0-good.png', good),
      put('bad/1-text.jpg', await odd('text.jpg')),
      put('bad/2-empty.jpg', await odd('empty.jpg')),
      put('bad/3-cut.jpg', await odd('cut-in-scan.jpg')),
      put('bad/4-bomb.png', await odd('bomb.png')),
      put('bad/5-deleted.png', good),
      put('bad/6-changed.png', good),
      put('bad/7-cmyk.jpg', await odd('cmyk.jpg')),
      put('bad/8-good.png', good),
    ]);
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'bad/5-deleted.png' }));
    await put('bad/6-changed.png', await plain(10));
    const told: string[] = [];

    // Act
    const { rows, errors } = await measure(batchOf(objects), { onFailure: (key) => told.push(key) });

    // Assess
    const goodRow = (key: string): Row => ({ key, width: 8, height: 8, channels: 3, max: [9, 0, 0] });
    expect(rows).toEqual([
      goodRow('bad/0-good.png'),
      failedRow('bad/1-text.jpg', 'NOT_AN_IMAGE'),
      failedRow('bad/2-empty.jpg', 'EMPTY_OBJECT'),
      failedRow('bad/3-cut.jpg', 'DECODE_FAILED'),
      failedRow('bad/4-bomb.png', 'TOO_MANY_PIXELS'),
      failedRow('bad/5-deleted.png', 'OBJECT_MISSING'),
      failedRow('bad/6-changed.png', 'OBJECT_CHANGED'),
      failedRow('bad/7-cmyk.jpg', 'UNSUPPORTED_COLOUR'),
      goodRow('bad/8-good.png'),
    ]);
    expect(errors).toBe(7);
    expect(told.filter((key) => key !== 'bad/3-cut.jpg')).toEqual([]);
  });

  it('says what a decoder said of an image that looked well from outside', async () => {
    // Prepare: a good structure around pixels that are not
    const png = await plain(9, 64);
    const start = png.indexOf('IDAT') + 4;
    const objects = [
      await put(
        'told/broken.png',
        Buffer.concat([png.subarray(0, start), Buffer.alloc(8, 0xff), png.subarray(start + 8)]),
      ),
    ];
    const told: [string, string][] = [];

    // Act
    const { rows } = await measure(batchOf(objects), { onFailure: (...args) => told.push(args) });

    // Assess
    expect(rows).toEqual([failedRow('told/broken.png', 'DECODE_FAILED')]);
    for (const [key, detail] of told) expect([key, detail.length > 0]).toEqual(['told/broken.png', true]);
  });

  it('keeps within its budgets of bytes, decodes and fetches, and overlaps what they allow', async () => {
    // Prepare: images that take 1 unit each when decoded
    const objects = await Promise.all(
      Array.from({ length: 24 }, async (_, i) =>
        put(`many/${String(i).padStart(2, '0')}.png`, await plain(i, 64)),
      ),
    );
    const batch = batchOf(objects);
    const size = Math.max(...objects.map((object) => object.size));
    const now = { encoded: 0, decoding: 0, decoded: 0 };
    const most = { encoded: 0, decoding: 0, decoded: 0 };
    const raise = () => {
      for (const key of ['encoded', 'decoding', 'decoded'] as const)
        most[key] = Math.max(most[key], now[key]);
    };
    const watched: Kernel = {
      name: 'watched',
      prepare: (input, key) => {
        now.encoded += input.length;
        raise();
        const prepared = kernel.prepare(input, key);
        return {
          workingBytes: prepared.workingBytes,
          measure: async (operation) => {
            now.decoding += 1;
            now.decoded += prepared.workingBytes;
            raise();
            // Long enough for the next ones to be fetched meanwhile.
            await wait(10);
            const measured = await prepared.measure(operation);
            now.decoding -= 1;
            now.decoded -= prepared.workingBytes;
            now.encoded -= input.length;
            return measured;
          },
        };
      },
    };
    const one = kernel.prepare(await plain(1, 64), 'k').workingBytes;

    // Act
    const wide = await measure(batch, {
      kernel: watched,
      decodes: 3,
      encodedBytes: 6 * size,
      decodedBytes: 100 * one,
    });
    const peaks = { ...most };
    Object.assign(most, { encoded: 0, decoding: 0, decoded: 0 });
    const narrow = await measure(batch, {
      kernel: watched,
      decodes: 8,
      encodedBytes: 100 * size,
      decodedBytes: 2 * one,
    });

    // Assess
    expect(peaks.decoding).toBeLessThanOrEqual(3);
    expect(peaks.decoding).toBeGreaterThan(1);
    expect(peaks.encoded).toBeLessThanOrEqual(6 * size);
    expect(peaks.encoded).toBeGreaterThan(size);
    expect(most.decoded).toBe(2 * one);
    expect(narrow.rows).toEqual(wide.rows);
    expect(now).toEqual({ encoded: 0, decoding: 0, decoded: 0 });
  });

  it('measures an image that is larger than both budgets, alone', async () => {
    const objects = [
      await put('large/1.png', await plain(1, 500)),
      await put('large/2.png', await plain(2, 500)),
    ];
    const { rows } = await measure(batchOf(objects), { encodedBytes: 1, decodedBytes: 1 });
    expect(rows.map((row) => !isFailed(row) && row.max?.[0])).toEqual([1, 2]);
  });

  it('fails with the code of S3 when the bucket is not there, and stops fetching', async () => {
    // Prepare
    let sent = 0;
    const counting = createS3(emulator.client);
    counting.middlewareStack.add(
      (next) => (args) => {
        sent += 1;
        return next(args);
      },
      { step: 'initialize' },
    );
    const objects = Array.from({ length: 200 }, (_, i) => ({
      key: `k${String(i).padStart(3, '0')}`,
      size: 1,
      etag: '"e"',
    }));

    // Act
    const failure = measure(batchOf(objects), { s3: counting, bucket: 'no-such-bucket', fetches: 4 });

    // Assess
    await expect(failure).rejects.toMatchObject({
      name: 'FanfleetError',
      code: 'NoSuchBucket',
      source: 'aws',
    });
    await expect(failure).rejects.toThrow('s3://no-such-bucket/k0');
    await wait(200);
    expect(sent).toBeLessThan(20);
    counting.destroy();
  });
});

describe('work', () => {
  const options = (epoch: () => number) => ({
    s3,
    kernel,
    fetches: 4,
    decodes: 2,
    encodedBytes: MIB,
    decodedBytes: MIB,
    store: new ObjectStore(s3, RUNS),
    worker: 'worker-1',
    queuedAt: 1_000,
    startedAt: 2_000,
    coldStartMs: 300,
    clock: { epoch, now: () => performance.now() },
    usage: () => ({ cpuMs: 5, rssPeakBytes: 7 }),
  });

  it('writes rows and span where the layout says, the same rows each time, and returns counts only', async () => {
    // Prepare
    const objects = [await put('work/a.png', await plain(1)), { key: 'work/b.png', size: 5, etag: '"gone"' }];
    const job = {
      runId: 'r',
      round: 1,
      bucket: BUCKET,
      runsBucket: RUNS,
      operation: 'stats' as const,
      batch: batchOf(objects),
    };
    const store = new ObjectStore(s3, RUNS);

    // Act
    const { counts } = await work(
      job,
      options(() => 2_500),
    );
    const first = (await store.get(layout.result('r', 'serverless', 1, 3))).toString('utf8');
    await work(job, { ...options(() => 9_999), worker: 'another' });
    const second = (await store.get(layout.result('r', 'serverless', 1, 3))).toString('utf8');

    // Assess
    expect(counts).toEqual({ batch: 3, images: 2, errors: 1 });
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
      images: 2,
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

  it('writes nothing where the batch fails', async () => {
    const job = {
      runId: 'failed',
      round: 0,
      bucket: 'nowhere',
      runsBucket: RUNS,
      operation: 'mean' as const,
    };
    const batch = batchOf([{ key: 'k', size: 1, etag: '"e"' }]);
    await expect(
      work(
        { ...job, batch },
        options(() => 2_500),
      ),
    ).rejects.toMatchObject({ code: 'NoSuchBucket' });
    const left = [];
    for await (const object of new ObjectStore(s3, RUNS).list('runs/failed/')) left.push(object);
    expect(left).toEqual([]);
  });
});

describe('runBaseline', () => {
  async function* batches(count: number): AsyncGenerator<Batch> {
    const objects = [await put('base/a.png', await plain(1)), await put('base/b.jpg', Buffer.from('text'))];
    for (let batch = 0; batch < count; batch += 1) yield { ...batchOf(objects), batch };
  }
  /** A clock by which each look costs a second. */
  const ticking = () => {
    let seconds = 0;
    return () => 1_000 * seconds++;
  };
  const common = {
    bucket: BUCKET,
    operation: 'mean' as const,
    encodedBytes: MIB,
    decodedBytes: MIB,
    cpuMs: () => 0,
  };

  it('counts what was measured, one image at a time', async () => {
    // Prepare
    let inside = 0;
    let most = 0;
    const watched: Kernel = {
      name: 'watched',
      prepare: (input, key) => {
        const { workingBytes, measure: act } = kernel.prepare(input, key);
        return {
          workingBytes,
          measure: async (operation) => {
            inside += 1;
            most = Math.max(most, inside);
            const measured = await act(operation);
            inside -= 1;
            return measured;
          },
        };
      },
    };

    // Act
    const baseline = await runBaseline({
      ...common,
      s3,
      kernel: watched,
      batches: batches(3),
      budgetMs: 1e9,
      now: ticking(),
    });

    // Assess
    expect(baseline).toMatchObject({ images: 3, kernel: 'watched', complete: true });
    expect(most).toBe(1);
  });

  it('ends after the batch in which its time ran out', async () => {
    const baseline = await runBaseline({
      ...common,
      s3,
      kernel,
      batches: batches(50),
      budgetMs: 30_000,
      now: ticking(),
    });
    expect(baseline.complete).toBe(false);
    expect(baseline.images).toBeGreaterThan(0);
    expect(baseline.images).toBeLessThan(50);
  });
});
