import { hash } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { layout } from '../../src/contract/layout.ts';
import type { DatasetObject } from '../../src/contract/manifest.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { createWasmKernel } from '../../src/kernel/wasm/wasm-kernel.ts';
import { plan } from '../../src/plan/plan.ts';
import { TRAINING_ITEMS } from '../../src/plan/training.ts';
import { type PrepareKnnOptions, prepareKnn } from '../../src/prepare/prepare-knn.ts';
import { InputFiles } from '../../src/worker/inputs.ts';
import { readLabels } from '../../src/workloads/knn/labels-file.ts';
import { type KnnParams, knnParamsSchema } from '../../src/workloads/knn/schema.ts';
import { readTraining } from '../../src/workloads/knn/training.ts';
import { type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';

const DATA = 'knn-data';
const RUNS = 'knn-runs';
const addon = loadAddon();
const KERNELS = [
  createSharpKernel(),
  createWasmKernel(),
  ...(addon === undefined ? [] : [createNativeKernel(addon)]),
];
/** Of an image of one colour. */
const reds = (...levels: readonly number[]) =>
  Buffer.from(levels.flatMap((red) => Array.from({ length: 64 }, () => [red, 0, 0]).flat()));

let bucket: ImageBucket;
let store: ObjectStore;
let runs = 0;

beforeAll(async () => {
  bucket = await startImageBucket(DATA);
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(() => bucket?.stop());

type Params = Partial<KnnParams>;

/** Put images of one colour, by their keys. */
async function put(images: Readonly<Record<string, number | Buffer>>): Promise<void> {
  for (const [key, image] of Object.entries(images)) {
    await bucket.put(key, typeof image === 'number' ? await plain(image) : image);
  }
}

/** Plan a run, prepare it, and read what a worker gets. */
async function prepared(prefix: string, asked: Params, changes: Partial<PrepareKnnOptions> = {}) {
  runs += 1;
  const runId = `run-${runs}`;
  const params = knnParamsSchema.parse({ k: 1, ...asked });
  const { training, ask } = params;
  await plan({
    ...{ s3: bucket.s3, dataBucket: DATA, runsBucket: RUNS, prefix, runId, batchSize: 100 },
    training: training === undefined ? { ask } : { prefix: training },
    clock: () => performance.now(),
  });
  const manifest = (key: string) => () => readManifest(store.stream(key));
  const told = await prepareKnn(params, {
    ...{ runId, bucket: DATA, reader: bucket.reader, store, prefix },
    ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 1024 * MIB },
    kernel: createSharpKernel(),
    files: new ObjectStore(bucket.s3, DATA),
    filesOf: (name) => new ObjectStore(bucket.s3, name),
    training: manifest(layout.inputFile(runId, TRAINING_ITEMS)),
    manifest: manifest(layout.manifest(runId)),
    now: () => performance.now(),
    ...changes,
  });
  return { runId, told, ...(await inputsOf(runId)) };
}

async function inputsOf(runId: string) {
  const requests = new S3Requests(s3Access(bucket.s3));
  const inputs = await new InputFiles(requests).of({ runsBucket: RUNS, runId }, ['training', 'labels']);
  requests.close();
  const file = inputs.get('training') ?? expect.fail('no training set');
  const { labels, labelOf, ...set } = readTraining(file);
  const list = (await store.getJson(layout.inputs(runId))) as { notes: readonly { code: string }[] };
  return {
    file,
    set,
    labels,
    labelsOf: [...labelOf].map((place) => labels[place]),
    known: readLabels(inputs.get('labels') ?? expect.fail('no labels')),
    list,
  };
}

const refused = (words: string | RegExp) => ({
  code: 'INVALID_INPUT',
  source: 'user',
  message: typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
});

describe('the training set', () => {
  beforeAll(() =>
    put({
      'digits/1-10.png': 10,
      'digits/2-9.png': 20,
      'digits/3-10.png': 30,
      'digits/4-9.png': 40,
      'digits/5-8.png': 50,
    }),
  );

  it('has the images that are not asked, in key order, with their labels', async () => {
    // Act
    const { told, set, labels, labelsOf, known, list, file } = await prepared('digits/', { ask: 2 });

    // Assess
    expect(told).toEqual({ images: 3, labels: 2, bytes: file.length });
    expect(set).toEqual({ width: 8, height: 8, pixels: reds(10, 20, 40) });
    expect(labels).toEqual(['9', '10']);
    expect(labelsOf).toEqual(['10', '9', '9']);
    expect(known).toEqual({
      labels: ['9', '10'],
      training: {
        ...{ width: 8, height: 8, labelOf: [1, 0, 0] },
        keys: ['digits/1-10.png', 'digits/2-9.png', 'digits/4-9.png'],
      },
      asked: { 'digits/3-10.png': '10', 'digits/5-8.png': '8' },
    });
    expect(list).toMatchObject({
      training: {
        key: expect.stringMatching(/\/inputs\/[0-9a-f]{16}-training\.bin$/),
        sha256: hash('sha256', file, 'hex'),
        bytes: file.length,
      },
      labels: { key: expect.stringMatching(/\/inputs\/[0-9a-f]{16}-labels\.json$/) },
      notes: [],
    });
  });

  it('is the same to the byte from every kernel, and however often it is made', async () => {
    const files: Buffer[] = [];
    for (const kernel of [...KERNELS, ...KERNELS.slice(0, 1)]) {
      files.push((await prepared('digits/', { ask: 2 }, { kernel, decodes: 1 })).file);
    }
    for (const file of files) expect(file).toEqual(files[0]);
  });

  it('has the images of another prefix; those that are asked as well are told of', async () => {
    const { known, list, labelsOf } = await prepared('digits/', { training: 'digits/1' });
    expect(labelsOf).toEqual(['10']);
    expect(Object.keys(known.asked)).toHaveLength(5);
    expect(list.notes).toMatchObject([
      { code: 'TRAINING_ONE_LABEL', examples: ['10'] },
      { code: 'ASKED_LEARNED', count: 1, examples: ['digits/1-10.png'] },
    ]);
  });

  it('has images in tars', async () => {
    await bucket.put(
      'tars/1.tar',
      tarOf([
        ['a-1.png', await plain(1)],
        ['b-2.png', await plain(2)],
        ['c-1.png', await plain(3)],
      ]),
    );
    const { set, labelsOf, known } = await prepared('tars/', { ask: 1 });
    expect(set.pixels).toEqual(reds(1, 2));
    expect(labelsOf).toEqual(['1', '2']);
    expect(known.asked).toEqual({ 'c-1.png': '1' });
    await expect(prepared('tars/', { ask: 1, labels: 'json' })).rejects.toMatchObject(
      refused('a-1.png is in a tar'),
    );
  });

  it('leaves out what cannot be decoded, is gone or has no label, and says so', async () => {
    // Prepare
    await put({
      'odd/a-1.png': 1,
      'odd/b-1.png': Buffer.from('no image'),
      'odd/c.png': 3,
      'odd/d-2.png': 4,
      'odd/e-2.png': 5,
      'odd/f.png': 6,
    });
    const gone: DatasetObject = { key: 'odd/d-2.png', size: 5, etag: '"another version"' };
    const training = async function* () {
      for await (const batch of readManifest(store.stream(layout.inputFile(`run-${runs}`, TRAINING_ITEMS)))) {
        yield { ...batch, objects: batch.objects.map((object) => (object.key === gone.key ? gone : object)) };
      }
    };

    // Act
    const { set, labelsOf, known, list } = await prepared('odd/', { ask: 1 }, { training });

    // Assess
    expect(labelsOf).toEqual(['1', '2']);
    expect(set.pixels).toEqual(reds(1, 5));
    expect(known).toMatchObject({ training: { keys: ['odd/a-1.png', 'odd/e-2.png'] }, asked: {} });
    expect(list.notes).toMatchObject([
      {
        code: 'TRAINING_NOT_READ',
        examples: ['odd/b-1.png: NOT_AN_IMAGE', 'odd/d-2.png: OBJECT_CHANGED'],
      },
      { code: 'TRAINING_NOT_LABELLED', examples: ['odd/c.png'] },
      { code: 'ASKED_NOT_LABELLED', examples: ['odd/f.png'] },
    ]);
  });
});

describe('labels', () => {
  it('are the folders where all images lie in one, else they are in the names', async () => {
    await put({ 'zoo/cat/1-x.png': 1, 'zoo/cat/2-y.png': 2, 'zoo/dog/3-x.png': 3 });
    expect((await prepared('zoo/', { ask: 1 })).labels).toEqual(['cat']);
    expect((await prepared('zoo/', { ask: 1 })).known.asked).toEqual({ 'zoo/dog/3-x.png': 'dog' });
    // One folder for all tells none from another.
    expect((await prepared('zoo/cat', { ask: 1 })).labels).toEqual(['x']);
    // Those that are asked need none.
    expect((await prepared('zoo/cat/', { training: 'zoo/' })).labels).toEqual(['cat', 'dog']);
    expect((await prepared('zoo/cat/', { ask: 1 })).labels).toEqual(['x']);
    // The prefix is no label: all would have it.
    await expect(prepared('zoo/cat/', { ask: 1, labels: 'folder' })).rejects.toThrow('none of 1 has one');
    const asked = await prepared('zoo/cat/', { training: 'zoo/', labels: 'folder' });
    expect([asked.labels, asked.known.asked]).toEqual([['cat', 'dog'], {}]);
    expect((await prepared('zoo/', { ask: 1, labels: 'name' })).labels).toEqual(['x', 'y']);
    expect((await prepared('zoo/dog/', { training: 'zoo/cat' })).labels).toEqual(['x', 'y']);
  });

  it('are in the JSON beside each image', async () => {
    await put({
      ...{ 'json/a.png': 1, 'json/b.png': 2, 'json/c.png': 3, 'json/d.png': 4 },
      'json/a.json': Buffer.from('\ufeff{"label":7}'),
      'json/b.json': Buffer.from('{"label":'),
      'json/c.json': Buffer.from(`{"label":7}${' '.repeat(MIB)}`),
      'json/d.json': Buffer.from('{"label":"seven"}'),
    });
    const { labels, known, list } = await prepared('json/', { ask: 1, labels: 'json' });
    expect(labels).toEqual(['7']);
    expect(known.asked).toEqual({ 'json/d.png': 'seven' });
    expect(list.notes).toMatchObject([
      { code: 'TRAINING_ONE_LABEL', examples: ['7'] },
      { code: 'TRAINING_NOT_LABELLED', examples: ['json/b.png', 'json/c.png'] },
      { code: 'LABELS_UNUSABLE', count: 2, examples: expect.arrayContaining(['json/c.json']) },
    ]);
  });

  it('are in a CSV of the bucket', async () => {
    await put({
      ...{ 'csv/a.png': 1, 'csv/b.png': 2, 'csv/c.png': 3 },
      'labels/of csv.csv': Buffer.from(
        'key,label\r\ncsv/a.png,cat\r\n"csv/b.png","a dog"\r\ncsv/c.png,cat\r\n',
      ),
      'labels/odd.csv': Buffer.from('image,label\ncsv/a.png,cat\n'),
    });
    const { labels, known } = await prepared('csv/', { ask: 1, labels: 'labels/of csv.csv' });
    expect(labels).toEqual(['a dog', 'cat']);
    expect(known.asked).toEqual({ 'csv/c.png': 'cat' });
    await expect(prepared('csv/', { ask: 1, labels: 'labels/none.csv' })).rejects.toMatchObject(
      refused('Expected a CSV with labels at s3://knn-data/labels/none.csv but it is not there'),
    );
    await expect(prepared('csv/', { ask: 1, labels: 'labels/odd.csv' })).rejects.toMatchObject(
      refused('The labels in s3://knn-data/labels/odd.csv cannot be used. Line 1'),
    );
  });
});

describe('a run', () => {
  it('is refused where no image to learn from has a label', async () => {
    await put({ 'bare/a.png': 1, 'bare/b.png': 2, 'bare/c-1.png': 3 });
    await expect(prepared('bare/', { ask: 1 })).rejects.toMatchObject(
      refused(/what stands between the last `-` .* none of 2 has one, first bare\/a\.png/),
    );
    await expect(prepared('bare/', { ask: 1, labels: 'json' })).rejects.toMatchObject(
      refused('the field `label` of the JSON beside each, but none of 2'),
    );
  });

  it('is refused where sizes differ, whichever image is decoded first', async () => {
    await put({
      'sizes/a-1.png': 1,
      'sizes/b-2.png': await plain(2, 16),
      'sizes/c-3.png': await plain(3, 4),
      'sizes/d-4.png': 4,
    });
    await expect(prepared('sizes/', { ask: 1 })).rejects.toMatchObject(
      refused('of one size, 8 x 8 as sizes/a-1.png is, but sizes/b-2.png is 16 x 16'),
    );
  });

  it('is refused where images have more pixels than can be compared', async () => {
    await put({ 'large/a-1.png': await plain(1, 149), 'large/b-2.png': await plain(2, 149) });
    await expect(prepared('large/', { ask: 1 })).rejects.toMatchObject(
      refused('at most 22,017 pixels but large/a-1.png is 149 x 149: scale all images down'),
    );
    await put({ 'fit/a-1.png': await plain(1, 148), 'fit/b-2.png': await plain(2, 148) });
    expect((await prepared('fit/', { ask: 1 })).told.images).toBe(1);
  });

  it('is refused where more are to vote than there are', async () => {
    await expect(prepared('digits/', { ask: 2, k: 4 })).rejects.toMatchObject(
      refused('as many images to learn from as vote, 4, but there are 3'),
    );
    expect((await prepared('digits/', { ask: 2, k: 3 })).told.images).toBe(3);
  });

  it('is refused where the training set would be too large', async () => {
    await expect(prepared('digits/', { ask: 2 }, { mostBytes: 3 * 192 - 1 })).rejects.toMatchObject(
      refused('Expected the pixels of the training set to take at most'),
    );
    expect((await prepared('digits/', { ask: 2 }, { mostBytes: 3 * 192 })).told.images).toBe(3);
  });

  it('is refused where nothing can be decoded, and leaves no list of inputs', async () => {
    await put({ 'text/a-1.png': Buffer.from('a'), 'text/b-2.png': 2 });
    await expect(prepared('text/', { ask: 1 })).rejects.toMatchObject(
      refused('Expected images to learn from that can be decoded but none can, first text/a-1.png'),
    );
    await expect(store.get(layout.inputs(`run-${runs}`))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});
