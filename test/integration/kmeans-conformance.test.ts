import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { batchName, layout } from '../../src/contract/layout.ts';
import type { Batch, DatasetObject } from '../../src/contract/manifest.ts';
import { isFailed, type Row, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { loadBatch } from '../../src/worker/load-batch.ts';
import { kmeansRunner } from '../../src/workloads/kmeans/runner.ts';
import { writeState } from '../../src/workloads/kmeans/state.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { batchOf, type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { linesByPython } from '../support/python-batches.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

const RUNS = 'kmeans-runs';
const [WIDTH, HEIGHT, K] = [21, 13, 9];
const LENGTH = WIDTH * HEIGHT * 3;
const PARAMS = { k: K, starts: 'kmeans++', seed: 1, maxIterations: 100, labels: 'auto' };

let images: ImageBucket;
let store: ObjectStore;
let folder = '';
let batch: Batch;
beforeAll(async () => {
  images = await startImageBucket();
  await images.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(images.s3, RUNS);
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-kmeans-'));
  const odd = join(folder, 'odd');
  fixtureLines(['odd_images.py', odd]);
  const objects: DatasetObject[] = [];
  await forEachConcurrent(readdirSync(odd).sort(compareKeys), 8, async (name) => {
    objects.push(await images.put(name, readFileSync(join(odd, name))));
  });
  batch = batchOf(objects);
});
afterAll(async () => {
  await images?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('odd images have the same rows and sums by every kernel of both languages', async () => {
  // Prepare: centres that are fractions, between what the images are
  const { loaded } = await load(createSharpKernel());
  const count = loaded.pixels.length / LENGTH;
  const pixelsOf = (image: number) =>
    loaded.pixels.subarray((image % count) * LENGTH, ((image % count) + 1) * LENGTH);
  const centres = Array.from({ length: K }, (_, cluster) => {
    const [first, second] = [pixelsOf(7 * cluster), pixelsOf(7 * cluster + 3)];
    return { count: 3, sum: Array.from(first, (value, place) => 2 * value + (second[place] ?? 0)) };
  });
  const state = Buffer.from(
    writeState({ width: WIDTH, height: HEIGHT, centres, sizes: null, inertia: null }),
  );

  // Act
  const [first, ...others] = [...(await byNode(state)), ...(await byPython(state))];

  // Assess
  expect(others.length).toBeGreaterThan(1);
  for (const [name, done] of others) expect(done, name).toEqual(first?.[1]);
  const rows = (first?.[1].lines ?? []).map((line) => JSON.parse(line) as Row);
  expect(rows.map(({ key }) => key)).toEqual(batch.objects.map(({ key }) => key));
  const codes = rows.map((row) => (isFailed(row) ? row.error.code : 'none'));
  expect(codes.filter((code) => code === 'none').length).toBe(count);
  expect(count).toBeGreaterThan(60);
  expect(codes).toContain('SIZE_DIFFERS');
  expect(codes).toContain('DECODE_FAILED');
  const labels = new Set(rows.map((row) => (isFailed(row) ? '' : row.label)));
  expect(labels.size).toBeGreaterThan(4);
});

type Done = readonly [name: string, { readonly lines: readonly string[]; readonly sums: string }];

async function byNode(state: Buffer): Promise<Done[]> {
  const done: Done[] = [];
  for (const kernel of [
    createSharpKernel(),
    ...(await Promise.all(PYTHON_KERNELS.map((name) => chooseKernel(name)))),
  ]) {
    const { loaded } = await load(kernel);
    const { rows, files } = await kmeansRunner().step(loaded, kernel, { number: 0, state }, new Map());
    const sums = files.map(({ body }) => body).join('');
    done.push([`${kernel.name} in Node`, { lines: rows.map(serializeRow), sums }]);
  }
  return done;
}

async function byPython(body: Buffer): Promise<Done[]> {
  const done: Done[] = [];
  const key = layout.inputFile('r', 'start.json');
  await store.put(key, body, 'application/json');
  const stage = { number: 0, state: { key, sha256: hash('sha256', body), bytes: body.length } };
  await store.put(layout.manifest('r'), JSON.stringify(batch), 'application/json');
  for (const kernel of PYTHON_KERNELS) {
    const out = `${kernel}/stage-0/`;
    const lines = await linesByPython(images.client, {
      ...{ runsBucket: RUNS, manifestKey: layout.manifest('r'), folder: out, bucket: images.bucket },
      ...{ workload: { name: 'kmeans', params: PARAMS }, kernel, stage },
    });
    const sums = (await store.get(`${out}sums/${batchName(batch.batch)}.json`)).toString();
    done.push([`${kernel} in Python`, { lines, sums }]);
  }
  return done;
}

function load(kernel: Parameters<typeof loadBatch>[0]['kernel']) {
  const limits = { fetches: 8, decodes: 2, encodedBytes: 64 * MIB, decodedBytes: 256 * MIB };
  const { reader, bucket } = images;
  return loadBatch(
    { ...limits, reader, bucket, batch, kernel, imageBytes: 1024 * MIB, now: () => performance.now() },
    { width: WIDTH, height: HEIGHT },
  );
}
