import { hash } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { InputFile } from '../../src/contract/inputs.ts';
import { batchName, layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { isFailed, type Row, serializeRow } from '../../src/contract/row.ts';
import { digitPng, readDigits } from '../../src/dataset/sample-digits.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { plan } from '../../src/plan/plan.ts';
import { prepareCnn } from '../../src/prepare/prepare-cnn.ts';
import { loadBatch } from '../../src/worker/load-batch.ts';
import { writeClassifier } from '../../src/workloads/classify/classifier-file.ts';
import { classifyRunner } from '../../src/workloads/classify/runner.ts';
import { readCnn, stagesOf } from '../../src/workloads/cnn/params.ts';
import { cnnReducer } from '../../src/workloads/cnn/reducer.ts';
import { cnnRunner } from '../../src/workloads/cnn/runner.ts';
import { type CnnParams, cnnParamsSchema } from '../../src/workloads/cnn/schema.ts';
import { readState } from '../../src/workloads/cnn/state.ts';
import { trainedModel } from '../../src/workloads/cnn/trained-model.ts';
import { readTruth } from '../../src/workloads/cnn/truth-file.ts';
import type { StageState } from '../../src/workloads/workload.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { linesByPython } from '../support/python-batches.ts';

const DATA = 'cnn-data';
const RUNS = 'cnn-runs';
const IMAGES = 150;
const LIMITS = { fetches: 8, decodes: 2, encodedBytes: 64 * MIB, decodedBytes: 256 * MIB };

let images: ImageBucket;
let store: ObjectStore;
beforeAll(async () => {
  images = await startImageBucket(DATA);
  await images.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(images.s3, RUNS);
  const digits = await readDigits();
  for (let index = 0; index < IMAGES; index += 1) {
    const name = `d/${String(index).padStart(4, '0')}-${digits[index]?.label}.png`;
    await images.put(name, digitPng(digits, index));
  }
  await images.put('d/0077-broken.png', Buffer.from('no image'));
});
afterAll(() => images?.stop());

test.each([
  { network: 'small', rounds: 2, steps: 4, shards: 3, ask: 40 },
  { network: 'resnet18', rounds: 1, steps: 2, shards: 2, ask: 40 },
] as const)(
  '$network learns the same to the bit in Node and in Python',
  async (asked) => {
    // Prepare
    const params = cnnParamsSchema.parse(asked);
    const { manifest, stateFile } = await prepared(params);
    expect(manifest).toHaveLength(asked.shards);

    // Act
    let state = stateFile;
    let labels: readonly unknown[] = [];
    const losses: (number | null)[] = [];
    for (let number = 0; number < stagesOf(params); number += 1) {
      const inNode = await stageInNode(params, manifest, { number, state: await store.get(state.key) });
      const inPython = await stageInPython(params, manifest, number, state);

      // Assess
      expect(inPython.rows).toEqual(inNode.rows);
      expect(inPython.files.map(sha256)).toEqual(inNode.files.map(sha256));
      expect(sha256(inPython.outcome)).toBe(sha256(inNode.outcome));
      expect([inNode.isLast, inPython.isLast]).toEqual([number === params.rounds, number === params.rounds]);
      const rows = inNode.rows.map((line) => JSON.parse(line) as Row);
      labels = labelsIn(rows);
      const codes = rows.filter(isFailed);
      expect(codes).toMatchObject([{ key: 'd/0077-broken.png' }]);
      const body = Buffer.from(inNode.outcome);
      const { found } = readState(body);
      losses.push(found?.loss ?? null);
      expect([found?.train[1], found?.test[1]]).toEqual([110, 40]);
      const key = layout.inputFile(params.network, `outcome-${number}.json`);
      await store.put(key, body, 'application/json');
      state = { key, sha256: sha256(inNode.outcome), bytes: body.length };
    }
    expect(losses.at(-1)).toBeNull();
    expect(losses.slice(0, -1).every((loss) => loss !== null && loss > 0)).toBe(true);
    // What was learnt, as a model of its own, takes the images for the same, many at once or few.
    expect(new Set(labels).size).toBeGreaterThan(1);
    for (const modelBatch of [1, 8, 40]) {
      expect(await labelsByModel(params.network, manifest, await store.get(state.key), modelBatch)).toEqual(
        labels,
      );
    }
  },
  300_000,
);

async function prepared(params: CnnParams) {
  const runId = params.network;
  await plan({
    ...{ s3: images.s3, dataBucket: DATA, runsBucket: RUNS, prefix: 'd/', runId, batchSize: 1000 },
    ...{ minBatches: params.shards, clock: () => performance.now() },
  });
  const manifest = () => readManifest(store.stream(layout.manifest(runId)));
  await prepareCnn(params, {
    ...{ runId, bucket: DATA, reader: images.reader, store, prefix: 'd/', manifest, ...LIMITS },
    ...{ imageBytes: 1024 * MIB, kernel: createSharpKernel(), now: () => performance.now() },
    files: new ObjectStore(images.s3, DATA),
    filesOf: () => expect.fail('Expected no files of other buckets.'),
    training: () => expect.fail('Expected no list of images to learn from.'),
  });
  const { start } = (await store.getJson(layout.inputs(runId))) as { readonly start: InputFile };
  return { manifest: await Array.fromAsync(manifest()), stateFile: start };
}

async function labelsByModel(
  network: string,
  manifest: readonly Batch[],
  outcome: Buffer,
  modelBatch: number,
) {
  const list = (await store.getJson(layout.inputs(network))) as Record<string, InputFile>;
  const [evaluation, truth] = await Promise.all(
    ['evaluation', 'truth'].map((name) => store.get(list[name]?.key ?? '')),
  );
  const model = Buffer.from(trainedModel(evaluation ?? Buffer.alloc(0), readState(outcome)));
  const classifier = writeClassifier({
    recipe: { resize: { width: 8, height: 8 }, filter: 'bilinear', layout: 'nhwc', type: 'uint8' },
    ...{ bgr: false, input: 'images', output: 'scores', batch: 'any', isSoftmax: false },
    labels: readTruth(truth ?? Buffer.alloc(0)).classes,
  });
  const inputs = new Map([
    ['model', model],
    ['classifier', classifier],
  ]);
  const kernel = await chooseKernel('portable');
  const rows: Row[] = [];
  for (const batch of manifest) {
    const runner = classifyRunner({ top: 1, modelBatch });
    const measure = { kernel, runner, inputs, imageBytes: 1024 * MIB };
    rows.push(...(await images.measure(batch, measure)).rows);
  }
  return labelsIn(rows);
}

function labelsIn(rows: readonly Row[]) {
  return rows.map((row) => (isFailed(row) ? null : row.label));
}

async function stageInNode(params: CnnParams, manifest: readonly Batch[], stage: StageState) {
  const list = (await store.getJson(layout.inputs(params.network))) as Record<string, InputFile>;
  const names = ['training', 'evaluation', 'truth'];
  const inputs = new Map(
    await Promise.all(names.map(async (name) => [name, await store.get(list[name]?.key ?? '')] as const)),
  );
  const runner = cnnRunner(readCnn(params));
  const kernel = createSharpKernel();
  const rows: string[] = [];
  const files: string[] = [];
  for (const batch of manifest) {
    const load = { ...LIMITS, reader: images.reader, bucket: DATA, batch, kernel, imageBytes: 1024 * MIB };
    const { loaded } = await loadBatch({ ...load, now: () => performance.now() }, runner.size(stage.state));
    const done = await runner.step(loaded, kernel, stage, inputs);
    rows.push(...done.rows.map(serializeRow));
    files.push(...done.files.map(({ body }) => body.toString()));
  }
  const reducer = cnnReducer(readCnn(params), stage);
  for (const file of files) reducer.add(Buffer.from(file));
  return { rows, files, ...reducer.finish() };
}

async function stageInPython(
  params: CnnParams,
  manifest: readonly Batch[],
  number: number,
  state: InputFile,
) {
  const workload = { name: 'cnn', params };
  const folder = `${params.network}-python/stage-${number}/`;
  const rows = await linesByPython(images.client, {
    ...{ runsBucket: RUNS, manifestKey: layout.manifest(params.network), folder, bucket: DATA },
    ...{ workload, kernel: 'portable', stage: { number, state } },
  });
  const files: string[] = [];
  for (const { batch } of manifest) {
    files.push((await store.get(`${folder}learnt/${batchName(batch)}.json`)).toString());
  }
  const input = JSON.stringify({ workload, number, state: (await store.get(state.key)).toString(), files });
  const [outcome = '', isLast] = fixtureLines(['reduce_stage.py'], { input });
  return { rows, files, outcome, isLast: isLast === 'true' };
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
