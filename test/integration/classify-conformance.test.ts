import { hash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import {
  type Classifier,
  tensorSizeOf,
  writeClassifier,
} from '../../src/workloads/classify/classifier-file.ts';
import { classifyRunner } from '../../src/workloads/classify/runner.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { batchOf, type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { linesByPython } from '../support/python-batches.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';
import { smallModel, value } from '../unit/models/small-model.ts';

const RUNS = 'classify-runs';
const TOP = 4;
const CLASSES = 12;
const LABELS = Array.from({ length: CLASSES }, (_, index) =>
  index === 7 ? 'é "\u2028\ud83d' : `class ${index}`,
);
const COMMON = { input: 'images', output: 'scores', labels: LABELS } as const;

const CLASSIFIERS = {
  'as many images as one likes, as logits': {
    ...COMMON,
    recipe: {
      resize: { shorter: 20 },
      filter: 'bilinear',
      crop: { width: 16, height: 18 },
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      layout: 'nchw',
      type: 'float32',
    },
    bgr: false,
    batch: 'any',
    isSoftmax: false,
  },
  'one image at a time, blue first, as probabilities': {
    ...COMMON,
    recipe: {
      resize: { width: 13, height: 9 },
      filter: 'lanczos',
      mean: [0.5, 0.5, 0.5],
      std: [0.25, 0.25, 0.25],
      layout: 'nchw',
      type: 'float32',
    },
    bgr: true,
    batch: 1,
    isSoftmax: true,
  },
  'bytes, pixel by pixel': {
    ...COMMON,
    recipe: { resize: { width: 12, height: 12 }, filter: 'bicubic', layout: 'nhwc', type: 'uint8' },
    bgr: false,
    batch: 'any',
    isSoftmax: false,
  },
} satisfies Record<string, Classifier>;

type File = readonly [name: string, body: Buffer];

let images: ImageBucket;
let state: ObjectStore;
let folder = '';
beforeAll(async () => {
  images = await startImageBucket();
  await images.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  state = new ObjectStore(images.s3, RUNS);
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-classify-'));
  const pictures = join(folder, 'pictures');
  await makeSample('digits', folder, { count: 20 });
  cpSync(join(folder, 'digits'), pictures, { recursive: true });
  await makeSample('photos', folder, { count: 14 });
  cpSync(join(folder, 'photos'), pictures, { recursive: true });
  fixtureLines(['odd_images.py', join(folder, 'odd')]);
});
afterAll(async () => {
  await images?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.entries(CLASSIFIERS))(
  'digits and photographs have the rows of an independent computation by every kernel of both languages, with a model of %s',
  async (name, classifier) => {
    // Prepare
    const run = name.replaceAll(/\W+/g, '-');
    const [model, description] = [modelOf(classifier), writeClassifier(classifier)];
    const where = join(folder, run);
    mkdirSync(where, { recursive: true });
    writeFileSync(join(where, 'model.onnx'), model);
    writeFileSync(join(where, 'classifier.json'), description);
    // Act
    const rows = await rowsOfAll(run, { model, classifier: description }, filesIn(join(folder, 'pictures')));
    // Assess
    const paths = [join(folder, 'pictures'), join(where, 'model.onnx'), join(where, 'classifier.json')];
    const expected = fixtureLines(['independent_classify.py', ...paths, '--top', String(TOP)]);
    expect(expected).toHaveLength(34);
    expect(
      new Set(expected.map((line) => (JSON.parse(line) as { label: string }).label)).size,
    ).toBeGreaterThan(2);
    for (const [program, lines] of rows) expect(lines, program).toEqual(expected);
  },
);

test('images of every kind have the same rows by every kernel of both languages', async () => {
  // Prepare
  const files = filesIn(join(folder, 'odd'));
  const classifier = CLASSIFIERS['as many images as one likes, as logits'];
  // Act
  const [first, ...others] = await rowsOfAll(
    'odd',
    { model: modelOf(classifier), classifier: writeClassifier(classifier) },
    files,
  );
  // Assess
  for (const [program, lines] of others) expect(lines, program).toEqual(first?.[1]);
  const rows = (first?.[1] ?? []).map((line) => JSON.parse(line) as Row);
  expect(rows.map(({ key }) => key)).toEqual(files.map(([name]) => name));
  expect(rows.filter((row) => 'error' in row).length).toBeGreaterThan(20);
  expect(rows.filter((row) => !('error' in row)).length).toBeGreaterThan(100);
});

/** The rows of a batch of these files, by what did them: in Node with several numbers of images that the model gets at once. */
async function rowsOfAll(runId: string, inputs: Readonly<Record<string, Buffer>>, files: readonly File[]) {
  const objects: Awaited<ReturnType<ImageBucket['put']>>[] = [];
  await forEachConcurrent(files, 8, async ([name, body]) => {
    objects.push(await images.put(name, body));
  });
  const batch = batchOf(objects);
  const places: Record<string, unknown> = {};
  for (const [name, file] of Object.entries(inputs)) {
    const key = layout.inputFile(runId, name);
    await state.put(key, file, 'application/octet-stream');
    places[name] = { key, sha256: hash('sha256', file), bytes: file.length };
  }
  await state.putJson(layout.inputs(runId), { ...places, notes: [] });
  await state.put(layout.manifest(runId), JSON.stringify(batch), 'application/json');
  const rows = new Map<string, string[]>();
  for (const choice of PYTHON_KERNELS) {
    const kernel = await chooseKernel(choice);
    for (const modelBatch of [1, 8, 32]) {
      const measured = await images.measure(batch, {
        kernel,
        runner: classifyRunner({ top: TOP, modelBatch }),
        inputs: new Map(Object.entries(inputs)),
        imageBytes: 1024 * MIB,
      });
      rows.set(`${kernel.name} in Node, ${modelBatch} at once`, measured.rows.map(serializeRow));
    }
  }
  for (const kernel of PYTHON_KERNELS) {
    const lines = await linesByPython(images.client, {
      ...{ runsBucket: RUNS, manifestKey: layout.manifest(runId), folder: `${runId}/${kernel}/` },
      ...{ bucket: images.bucket, kernel },
      workload: { name: 'classify', params: { top: TOP, modelBatch: 8 } },
    });
    rows.set(`${kernel} in Python`, lines);
  }
  return [...rows];
}

/** Every value of a tensor times a weight for each class, and a softmax where the model gives probabilities. */
function modelOf({ recipe, batch, isSoftmax }: Classifier): Buffer {
  const { width, height } = tensorSizeOf(recipe);
  const sides = recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const isBytes = recipe.type === 'uint8';
  const values = 3 * width * height;
  const graph = {
    node: [
      ...(isBytes ? [{ opType: 'Cast', input: ['images'], output: ['floats'], attribute: [TO_FLOAT] }] : []),
      { opType: 'Flatten', input: [isBytes ? 'floats' : 'images'], output: ['flat'] },
      { opType: 'MatMul', input: ['flat', 'weights'], output: [isSoftmax ? 'products' : 'scores'] },
      ...(isSoftmax ? [{ opType: 'Softmax', input: ['products'], output: ['scores'] }] : []),
    ],
    initializer: [
      {
        name: 'weights',
        dims: [BigInt(values), BigInt(CLASSES)],
        dataType: 1,
        rawData: new Uint8Array(weights(values, isBytes ? 0.001 : 0.05).buffer),
      },
    ],
    input: [value('images', [batch === 1 ? 1 : 'N', ...sides], isBytes ? 2 : 1)],
    output: [value('scores', [batch === 1 ? 1 : 'N', CLASSES])],
  };
  return Buffer.from(smallModel(graph));
}

const TO_FLOAT = { name: 'to', type: 2, i: 1n };

/** Of each class as much below 0 as above, so that each is the best of some images. */
function weights(values: number, scale: number): Float32Array {
  let random = 1;
  const all = Float32Array.from({ length: values * CLASSES }, () => {
    random = (random * 48_271) % 2_147_483_647;
    return scale * ((random / 2_147_483_647) * 2 - 1);
  });
  for (let label = 0; label < CLASSES; label += 1) {
    let sum = 0;
    for (let at = label; at < all.length; at += CLASSES) sum += all[at] ?? 0;
    for (let at = label; at < all.length; at += CLASSES) all[at] = (all[at] ?? 0) - sum / values;
  }
  return all;
}

function filesIn(dir: string): File[] {
  const names = readdirSync(dir).sort(compareKeys);
  return names.map((name) => [name, readFileSync(join(dir, name))]);
}
