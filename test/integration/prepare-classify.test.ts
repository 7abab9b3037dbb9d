import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { InputFile } from '../../src/contract/inputs.ts';
import { layout } from '../../src/contract/layout.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { plan } from '../../src/plan/plan.ts';
import { expectRoom } from '../../src/prepare/expect-room.ts';
import type { PrepareOptions } from '../../src/prepare/options.ts';
import { prepareClassify } from '../../src/prepare/prepare-classify.ts';
import { readClassifier } from '../../src/workloads/classify/classifier-file.ts';
import { type ClassifyParams, classifyParamsSchema } from '../../src/workloads/classify/schema.ts';
import { readTruth } from '../../src/workloads/classify/truth-file.ts';
import { type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';
import { GRAPH, smallModel, value } from '../unit/models/small-model.ts';

const DATA = 'classify-data';
const RUNS = 'classify-runs';
const DESCRIPTION = {
  resize: { width: 5, height: 4 },
  filter: 'bilinear',
  channels: 'bgr',
  mean: [0.1, 0.2, 0.3],
  std: [1, 1, 1],
};

/** One image, flattened, as a constant. */
const SHAPE = {
  ...{ name: 'shape', dims: [2n], dataType: 7 },
  rawData: new Uint8Array(new BigInt64Array([1n, 60n]).buffer),
};

let bucket: ImageBucket;
let store: ObjectStore;
let runs = 0;

beforeAll(async () => {
  bucket = await startImageBucket(DATA);
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
  const image = await plain(10);
  for (const key of [
    'pets/cat/1.png',
    'pets/cat/2.png',
    'pets/cow/3.png',
    'flat/1.png',
    'flat/2.png',
    'some/1-cat.png',
    'some/2-cat.png',
    'some/3.png',
  ]) {
    await bucket.put(key, image);
  }
  await bucket.put('models/pets.onnx', Buffer.from(smallModel()));
  await bucket.put('models/pets.json', json(DESCRIPTION));
  await bucket.put('models/pets.labels.txt', Buffer.from('cat\ndog\n'));
  await store.put('models/0123/own.onnx', Buffer.from(smallModel()), 'application/octet-stream');
  await store.putJson('models/0123/own.json', DESCRIPTION);
});
afterAll(() => bucket?.stop());

function json(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

/** Plan a run, prepare it, and read what is there then. */
async function prepared(
  asked: Partial<ClassifyParams>,
  { prefix = 'pets/', ...changes }: Partial<PrepareOptions> = {},
) {
  runs += 1;
  const runId = `run-${runs}`;
  const params = classifyParamsSchema.parse({ model: 'models/pets.onnx', ...asked });
  await plan({
    ...{ s3: bucket.s3, dataBucket: DATA, runsBucket: RUNS, prefix, runId, batchSize: 100 },
    clock: () => performance.now(),
  });
  const told = await prepareClassify(params, {
    ...{ runId, bucket: DATA, reader: bucket.reader, store, prefix },
    manifest: () => readManifest(store.stream(layout.manifest(runId))),
    ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 1024 * MIB },
    kernel: await chooseKernel('portable'),
    files: new ObjectStore(bucket.s3, DATA),
    filesOf: (name) => new ObjectStore(bucket.s3, name),
    training: () => expect.fail('Expected nothing to be learned from.'),
    now: () => performance.now(),
    ...changes,
  });
  const list = (await store.getJson(layout.inputs(runId))) as Record<
    'model' | 'classifier' | 'truth',
    InputFile
  > & { notes: readonly object[] };
  const [model, classifier, truth] = await Promise.all(
    [list.model, list.classifier, list.truth].map(({ key }) => store.get(key)),
  );
  return {
    told,
    notes: list.notes,
    model,
    classifier: readClassifier(classifier ?? Buffer.alloc(0)),
    truth: readTruth(truth ?? Buffer.alloc(0)),
  };
}

const refused = (words: string) => ({
  code: 'INVALID_INPUT',
  source: 'user',
  message: expect.stringContaining(words),
});

describe('the inputs of classify', () => {
  it('are the model as it is, what workers have to know of it, and what images are', async () => {
    const { told, model, classifier, truth, notes } = await prepared({});
    expect(model).toEqual(Buffer.from(smallModel()));
    expect(classifier).toEqual({
      recipe: {
        resize: { width: 5, height: 4 },
        filter: 'bilinear',
        mean: [0.3, 0.2, 0.1],
        std: [1, 1, 1],
        layout: 'nchw',
        type: 'float32',
      },
      ...{ bgr: true, input: 'images', output: 'scores', batch: 'any', isSoftmax: false },
      labels: ['cat', 'dog'],
    });
    expect(truth).toEqual({
      labels: ['cat', 'cow'],
      of: { 'pets/cat/1.png': 0, 'pets/cat/2.png': 0, 'pets/cow/3.png': 1 },
    });
    expect(told).toEqual({ images: 0, labels: 2, bytes: smallModel().length });
    expect(notes).toEqual([]);
  });

  it('are there where nothing tells what images are', async () => {
    const { truth, told } = await prepared({}, { prefix: 'flat/' });
    expect(truth).toEqual({ labels: [], of: {} });
    expect(told.labels).toBe(0);
  });

  it('say of images without a label what the answer makes of them, and nothing of other workloads', async () => {
    const { truth, notes } = await prepared({}, { prefix: 'some/' });
    expect(truth.of).toEqual({ 'some/1-cat.png': 0, 'some/2-cat.png': 0 });
    expect(notes).toMatchObject([
      { message: 'Images have no label, so the answer is compared with the labels of the others', count: 1 },
    ]);
  });

  it('can be of another bucket, and of files elsewhere', async () => {
    const { classifier } = await prepared({ model: `s3://${RUNS}/models/0123/own.onnx` });
    expect(classifier.labels).toEqual(['0', '1']);
    const elsewhere = await prepared({
      model: `s3://${RUNS}/models/0123/own.onnx`,
      description: 'models/pets.json',
      modelLabels: `s3://${DATA}/models/pets.labels.txt`,
    });
    expect(elsewhere.classifier.labels).toEqual(['cat', 'dog']);
  });
});

describe('an error before the fan-out', () => {
  beforeAll(async () => {
    const of = async (name: string, model: Uint8Array, description: object = DESCRIPTION) => {
      await bucket.put(`bad/${name}.onnx`, Buffer.from(model));
      await bucket.put(`bad/${name}.json`, json(description));
    };
    await of('broken', smallModel().subarray(0, 300));
    await of('picture', await plain(1));
    await of('grey', smallModel({ input: [value('images', ['N', 1, 4, 5])] }));
    await of('batch', smallModel({ input: [value('images', [8, 3, 4, 5])] }));
    await of('size', smallModel(), { ...DESCRIPTION, resize: { width: 224, height: 224 } });
    await of('text', smallModel(), { resize: 5 });
    await bucket.put('bad/alone.onnx', Buffer.from(smallModel()));
    await bucket.put('bad/three.txt', Buffer.from('a\nb\nc\n'));
    const free = { output: [value('scores', ['N', 'C'])] };
    const scores = (...node: object[]) => smallModel({ node });
    const matMul = { opType: 'MatMul', input: ['flat', 'weights'], output: ['scores'] };
    const flatten = { opType: 'Flatten', input: ['images'], output: ['flat'] };
    await of('operator', scores({ ...flatten, opType: 'Flattened' }, matMul));
    await of('inside', smallModel({ initializer: [{ ...GRAPH.initializer[0], dims: [40n, 3n] }] }));
    await of('type', scores({ ...flatten, opType: 'StringNormalizer' }, matMul));
    await of(
      'one',
      smallModel({
        node: [{ opType: 'Reshape', input: ['images', 'shape'], output: ['flat'] }, matMul],
        initializer: [...GRAPH.initializer, SHAPE],
      }),
    );
    const centred = { opType: 'Sub', input: ['flat', 'mean'], output: ['centred'] };
    const mean = {
      opType: 'ReduceMean',
      input: ['flat'],
      output: ['mean'],
      attribute: [{ name: 'axes', type: 7, ints: [0n] }],
    };
    await of('neighbours', scores(flatten, mean, centred, { ...matMul, input: ['centred', 'weights'] }));
    await of('classes', smallModel(free));
  });

  it.each([
    ['bad/none.onnx', `an ONNX model at s3://${DATA}/bad/none.onnx but it is not there`],
    ['s3://classify-data', 'Expected a key, or s3://bucket/key, of the files of a model'],
    ['bad/broken.onnx', `s3://${DATA}/bad/broken.onnx`],
    ['bad/picture.onnx', `s3://${DATA}/bad/picture.onnx`],
    ['bad/alone.onnx', `how the tensors of the model are made at s3://${DATA}/bad/alone.json`],
    ['bad/grey.onnx', 'Expected images of three channels as input'],
    ['bad/batch.onnx', 'Expected a number of images in a batch that is free, or 1'],
    ['bad/size.onnx', 'Expected images of 5 x 4 pixels, as the model has them, but found 224 x 224'],
    ['bad/text.onnx', `s3://${DATA}/bad/text.json`],
    ['bad/operator.onnx', 'Expected a model that ONNX Runtime runs but it does not: '],
    ['bad/inside.onnx', 'Expected a model that ONNX Runtime runs but it does not: '],
    ['bad/type.onnx', 'Expected a model that ONNX Runtime runs but it does not: '],
    ['bad/one.onnx', 'With two images at once: Expected a model that ONNX Runtime runs but it does not: '],
    [
      'bad/neighbours.onnx',
      'Expected a model that gives an image the same answer whatever else is in its batch',
    ],
  ])('says what is wrong with %s', async (model, words) => {
    await expect(prepared({ model })).rejects.toMatchObject(refused(words));
  });

  it('says how many labels there have to be', async () => {
    const asked = prepared({ modelLabels: 'bad/three.txt' });
    await expect(asked).rejects.toMatchObject(
      refused('Expected 2 labels, as the model has classes, but found 3'),
    );
  });

  it('says that the model gives another number of values than there are labels, where its shape is free', async () => {
    const asked = prepared({ model: 'bad/classes.onnx', modelLabels: 'bad/three.txt' });
    await expect(asked).rejects.toMatchObject(
      refused(
        `s3://${DATA}/bad/classes.onnx is not valid. Expected [1, 3], images and values of each, as the shape of what the model gives but found [1, 2]`,
      ),
    );
  });

  it('asks a model that would depend on its batch, or takes one image, about no two where a run gives it one', async () => {
    for (const model of ['bad/neighbours.onnx', 'bad/one.onnx']) {
      const { told } = await prepared({ model, modelBatch: 1, modelLabels: 'models/pets.labels.txt' });
      expect(told.bytes).toBeGreaterThan(0);
    }
  });

  it('says how much memory the model takes', async () => {
    const small = { memory: 192, instanceTypes: [] as string[], engine: 'grpc', kernel: 'native' } as const;
    const asked = prepared(
      {},
      { expectRoom: (held) => expectRoom(held, { ...small, arms: ['serverless'] }) },
    );
    await expect(asked).rejects.toMatchObject(
      refused('for a model of 1 MiB with 8 images at once but they have 192 MB'),
    );
  });

  it('says where labels of images are not', async () => {
    const asked = prepared({ labels: 'labels.csv' });
    await expect(asked).rejects.toMatchObject(refused('labels.csv but it is not there'));
  });
});
