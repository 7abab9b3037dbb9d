import { hash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { batchName, layout } from '../../src/contract/layout.ts';
import { serializeRow } from '../../src/contract/row.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { writeClassifier } from '../../src/workloads/classify/classifier-file.ts';
import { type Embedder, writeEmbedder } from '../../src/workloads/embed/embedder-file.ts';
import { EMBEDDINGS } from '../../src/workloads/embed/params.ts';
import { embedRunner } from '../../src/workloads/embed/runner.ts';
import { readVectors } from '../../src/workloads/embed/vectors-file.ts';
import { tensorSizeOf } from '../../src/workloads/image-model.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { batchOf, type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';
import { linesByPython } from '../support/python-batches.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';
import { smallModel, value } from '../unit/models/small-model.ts';

const RUNS = 'embed-runs';
const LENGTH = 24;
const COMMON = { input: 'images', output: 'features', layer: 'features', length: LENGTH } as const;
const SHA256 = 'ab'.repeat(32);

const EMBEDDERS = {
  'as many images as one likes': {
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
    sha256: SHA256,
  },
  'one image at a time, blue first, pixel by pixel': {
    ...COMMON,
    recipe: { resize: { width: 13, height: 9 }, filter: 'lanczos', layout: 'nhwc', type: 'float32' },
    bgr: true,
    batch: 1,
    sha256: SHA256,
  },
} satisfies Record<string, Embedder>;

let images: ImageBucket;
let state: ObjectStore;
let folder = '';
beforeAll(async () => {
  images = await startImageBucket();
  await images.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  state = new ObjectStore(images.s3, RUNS);
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-embed-'));
  const pictures = join(folder, 'pictures');
  await makeSample('digits', folder, { count: 12 });
  cpSync(join(folder, 'digits'), pictures, { recursive: true });
  await makeSample('photos', folder, { count: 8 });
  cpSync(join(folder, 'photos'), pictures, { recursive: true });
});
afterAll(async () => {
  await images?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.entries(EMBEDDERS))(
  'digits and photographs have the embeddings of an independent computation by every kernel of both languages, with a model of %s',
  async (name, embedder) => {
    // Prepare
    const run = name.replaceAll(/\W+/g, '-');
    const model = modelOf(embedder);
    const pictures = join(folder, 'pictures');
    // Act
    const done = await batchByAll(run, { model, embedder: writeEmbedder(embedder) }, filesIn(pictures), 20);
    // Assess
    const expected = hashesByAnother(run, model, embedder);
    expect(expected).toHaveLength(20);
    expect(new Set(expected.map(([, embedding]) => embedding)).size).toBe(20);
    for (const [program, { lines, vectors }] of done) {
      const rows = lines.map((line) => JSON.parse(line) as { key: string; embedding: string });
      expect(
        rows.map(({ key, embedding }) => [key, embedding]),
        program,
      ).toEqual(expected);
      expect(lines, program).toEqual(done[0]?.[1].lines);
      expect(vectors, program).toBe(done[0]?.[1].vectors);
    }
    const values = readVectors(Buffer.from(done[0]?.[1].vectors ?? '', 'hex'), LENGTH, 20);
    expect(values.map((each) => hash('sha256', new Uint8Array(each.slice().buffer)).slice(0, 16))).toEqual(
      expected.map(([, embedding]) => embedding),
    );
  },
);

test('images that cannot be decoded, and those with embeddings that are no finite numbers, are rows with errors and have no embedding', async () => {
  const embedder = EMBEDDERS['as many images as one likes'];
  const [first, second] = filesIn(join(folder, 'pictures'));
  const files: File[] = [
    ['a/1.png', first?.[1] ?? Buffer.alloc(0)],
    ['a/2.png', Buffer.from('no image')],
    ['a/3.png', second?.[1] ?? Buffer.alloc(0)],
  ];
  for (const [scale, errors] of [
    [0.05, [null, 'NOT_AN_IMAGE', null]],
    [3e38, ['SCORES_NOT_FINITE', 'NOT_AN_IMAGE', 'SCORES_NOT_FINITE']],
  ] as const) {
    const inputs = { model: modelOf(embedder, scale), embedder: writeEmbedder(embedder) };
    const done = await batchByAll(
      `odd-${scale}`,
      inputs,
      files,
      errors.filter((code) => code === null).length,
    );
    for (const [program, { lines, vectors }] of done) {
      expect(
        lines.map((line) => (JSON.parse(line) as { error?: { code: string } }).error?.code ?? null),
        program,
      ).toEqual(errors);
      expect({ lines, vectors }, program).toEqual(done[0]?.[1]);
    }
  }
});

type File = readonly [name: string, body: Buffer];

interface Done {
  readonly lines: readonly string[];
  /** As hexadecimal digits, which are compared more plainly than bytes. */
  readonly vectors: string;
}

/** Rows and embeddings of a batch of these files, by what did them: in Node with several numbers of images that the model gets at once. */
async function batchByAll(
  runId: string,
  inputs: Readonly<Record<string, Buffer>>,
  files: readonly File[],
  embedded: number,
): Promise<(readonly [program: string, Done])[]> {
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
  const done: (readonly [string, Done])[] = [];
  for (const choice of PYTHON_KERNELS) {
    const kernel = await chooseKernel(choice);
    for (const modelBatch of [1, 8]) {
      const {
        rows,
        files: written,
        errors,
      } = await images.measure(batch, {
        kernel,
        runner: embedRunner({ modelBatch }),
        inputs: new Map(Object.entries(inputs)),
        imageBytes: 1024 * MIB,
      });
      expect(rows.length - errors).toBe(embedded);
      const [file] = written;
      expect(file?.folder).toBe(EMBEDDINGS);
      const lines = rows.map(serializeRow);
      done.push([`${kernel.name} in Node, ${modelBatch} at once`, { lines, vectors: hexOf(file?.body) }]);
    }
  }
  for (const kernel of PYTHON_KERNELS) {
    const out = `${runId}/${kernel}/`;
    const lines = await linesByPython(images.client, {
      ...{ runsBucket: RUNS, manifestKey: layout.manifest(runId), folder: out },
      ...{ bucket: images.bucket, kernel },
      workload: { name: 'embed', params: { model: 'm', layer: 'features', type: 'float32', modelBatch: 8 } },
    });
    const vectors = await state.get(`${out}${EMBEDDINGS}/${batchName(batch.batch)}.f32`);
    done.push([`${kernel} in Python`, { lines, vectors: hexOf(vectors) }]);
  }
  return done;
}

function hexOf(body: string | Buffer | undefined): string {
  if (!Buffer.isBuffer(body)) throw new TypeError('Expected bytes.');
  return body.toString('hex');
}

/** Keys, and the hashes of what the model gives for their images, by Pillow, numpy and ONNX Runtime alone: those of the output of a classifier. */
function hashesByAnother(run: string, model: Buffer, embedder: Embedder): (readonly [string, string])[] {
  const where = join(folder, run);
  mkdirSync(where, { recursive: true });
  writeFileSync(join(where, 'model.onnx'), model);
  const labels = Array.from({ length: LENGTH }, (_, at) => String(at));
  writeFileSync(join(where, 'classifier.json'), writeClassifier({ ...embedder, labels, isSoftmax: false }));
  const paths = [join(folder, 'pictures'), join(where, 'model.onnx'), join(where, 'classifier.json')];
  return fixtureLines(['independent_classify.py', ...paths]).map((line) => {
    const { key, logits } = JSON.parse(line) as { key: string; logits: string };
    return [key, logits];
  });
}

/** Every value of a tensor times a weight for each number. */
function modelOf({ recipe, batch }: Embedder, scale = 0.05): Buffer {
  const { width, height } = tensorSizeOf(recipe);
  const sides = recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const values = 3 * width * height;
  const images = batch === 1 ? 1 : 'N';
  let random = 1;
  const weights = Float32Array.from({ length: values * LENGTH }, () => {
    random = (random * 48_271) % 2_147_483_647;
    return scale * (random / 2_147_483_647 + 0.1);
  });
  return Buffer.from(
    smallModel({
      node: [
        { opType: 'Flatten', input: ['images'], output: ['flat'] },
        { opType: 'MatMul', input: ['flat', 'weights'], output: ['features'] },
      ],
      initializer: [
        {
          name: 'weights',
          dims: [BigInt(values), BigInt(LENGTH)],
          dataType: 1,
          rawData: new Uint8Array(weights.buffer),
        },
      ],
      input: [value('images', [images, ...sides])],
      output: [value('features', [images, LENGTH])],
    }),
  );
}

function filesIn(dir: string): File[] {
  const names = readdirSync(dir).sort(compareKeys);
  return names.map((name) => [name, readFileSync(join(dir, name))]);
}
