import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { layout } from '../../src/contract/layout.ts';
import { type Row, serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { knnRunner } from '../../src/workloads/knn/runner.ts';
import { writeTraining } from '../../src/workloads/knn/training.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { batchOf, type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { linesByPython } from '../support/python-batches.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

const RUNS = 'knn-runs';
const K = 5;
const [DIGITS, ASKED] = [360, 120];

type File = readonly [name: string, body: Buffer];

let images: ImageBucket;
let state: ObjectStore;
let folder = '';
beforeAll(async () => {
  images = await startImageBucket();
  await images.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  state = new ObjectStore(images.s3, RUNS);
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-knn-'));
});
afterAll(async () => {
  await images?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the digits have the rows of an independent computation by every kernel of both languages', async () => {
  // Prepare
  const sample = await makeSample('digits', folder, { count: DIGITS });
  const files = filesIn(sample.folder);
  const isAsked = (_: unknown, i: number) =>
    Math.floor(((i + 1) * ASKED) / DIGITS) > Math.floor((i * ASKED) / DIGITS);
  const learnt = files.filter((file, i) => !isAsked(file, i));
  const training = await trainingOf(learnt, 8, 8, ([name]) => name.replace(/.*-(.)\.png$/, '$1'));
  // Act
  const rows = await rowsOfAll('digits', training, files.filter(isAsked));
  // Assess
  const expected = fixtureLines(['independent_knn.py', sample.folder, '--ask', String(ASKED), String(K)]);
  expect(expected).toHaveLength(ASKED);
  for (const [name, lines] of rows) expect(lines, name).toEqual(expected);
});

test('images of every kind have the same rows by every kernel of both languages', async () => {
  // Prepare
  const odd = join(folder, 'odd');
  fixtureLines(['odd_images.py', odd]);
  const files = filesIn(odd);
  // Labels of which many have as many votes, and one that is not even text.
  const labels = ['é', '"\\\u2028\u0001', '\ud83d'];
  const training = await trainingOf(files, 21, 13, ([name]) => labels[name.length % 3] ?? '');
  // Act
  const [first, ...others] = await rowsOfAll('odd', training, files);
  // Assess
  for (const [name, lines] of others) expect(lines, name).toEqual(first?.[1]);
  const rows = (first?.[1] ?? []).map((line) => JSON.parse(line) as Row);
  expect(rows.map(({ key }) => key)).toEqual(files.map(([name]) => name));
  const codes = rows.map((row) => ('error' in row ? row.error.code : 'none'));
  expect(codes.filter((code) => code === 'none').length).toBeGreaterThan(60);
  expect(codes).toContain('SIZE_DIFFERS');
  expect(codes).toContain('DECODE_FAILED');
});

/** The rows of a batch of these files, by what did them. */
async function rowsOfAll(runId: string, training: Buffer, files: readonly File[]) {
  const objects: Awaited<ReturnType<ImageBucket['put']>>[] = [];
  await forEachConcurrent(files, 8, async ([name, body]) => {
    objects.push(await images.put(name, body));
  });
  const batch = batchOf(objects);
  const key = layout.inputFile(runId, 'training.bin');
  await state.put(key, training, 'application/octet-stream');
  const place = { key, sha256: hash('sha256', training), bytes: training.length };
  await state.putJson(layout.inputs(runId), { training: place, notes: [] });
  await state.put(layout.manifest(runId), JSON.stringify(batch), 'application/json');
  const rows = new Map<string, string[]>();
  const kernels: Kernel[] = [createSharpKernel()];
  for (const choice of PYTHON_KERNELS) kernels.push(await chooseKernel(choice));
  for (const kernel of kernels) {
    const measured = await images.measure(batch, {
      kernel,
      runner: knnRunner({ k: K }),
      inputs: new Map([['training', training]]),
      imageBytes: 1024 * MIB,
    });
    rows.set(`${kernel.name} in Node`, measured.rows.map(serializeRow));
  }
  for (const kernel of PYTHON_KERNELS) {
    const lines = await linesByPython(images.client, {
      ...{ runsBucket: RUNS, manifestKey: layout.manifest(runId), folder: `${runId}/${kernel}/` },
      ...{ bucket: images.bucket, workload: { name: 'knn', params: { k: K } }, kernel },
    });
    rows.set(`${kernel} in Python`, lines);
  }
  return [...rows];
}

/** A training set of those files that are images of a size. */
async function trainingOf(
  files: readonly File[],
  width: number,
  height: number,
  labelIn: (file: File) => string,
): Promise<Buffer> {
  const kernel = createSharpKernel();
  const pixels: Uint8Array[] = [];
  const names: string[] = [];
  for (const file of files) {
    const { pixels: found } = await kernel.prepare(file[1], file[0]).pixels();
    if (found?.width !== width || found.height !== height) continue;
    pixels.push(found.data);
    names.push(labelIn(file));
  }
  const labels = [...new Set(names)].sort();
  const labelOf = Uint32Array.from(names, (name) => labels.indexOf(name));
  return writeTraining({ width, height, labels, labelOf, pixels: Buffer.concat(pixels) });
}

function filesIn(dir: string): File[] {
  const names = readdirSync(dir).sort(compareKeys);
  return names.map((name) => [name, readFileSync(join(dir, name))]);
}
