import { hash } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { InputFile } from '../../src/contract/inputs.ts';
import { layout } from '../../src/contract/layout.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { plan } from '../../src/plan/plan.ts';
import { expectRoom } from '../../src/prepare/expect-room.ts';
import type { PrepareOptions } from '../../src/prepare/options.ts';
import { prepareCnn } from '../../src/prepare/prepare-cnn.ts';
import { type CnnParams, cnnParamsSchema } from '../../src/workloads/cnn/schema.ts';
import { readState } from '../../src/workloads/cnn/state.ts';
import { readTruth } from '../../src/workloads/cnn/truth-file.ts';
import { type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';

const DATA = 'cnn-prepared-data';
const RUNS = 'cnn-prepared-runs';
const NAMES = ['start', 'training', 'evaluation', 'truth'] as const;

let bucket: ImageBucket;
let store: ObjectStore;
let runs = 0;

beforeAll(async () => {
  bucket = await startImageBucket(DATA);
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(() => bucket?.stop());

/** Put images of one colour of so many pixels a side, or files, by their keys. */
async function put(images: Readonly<Record<string, number | Buffer>>): Promise<void> {
  for (const [key, image] of Object.entries(images)) {
    await bucket.put(key, typeof image === 'number' ? await plain(1, image) : image);
  }
}

/** Plan a run, prepare it, and read what is there then. */
async function prepared(prefix: string, asked: Partial<CnnParams>, changes: Partial<PrepareOptions> = {}) {
  runs += 1;
  const runId = `run-${runs}`;
  const params = cnnParamsSchema.parse({ ask: 1, ...asked });
  await plan({
    ...{ s3: bucket.s3, dataBucket: DATA, runsBucket: RUNS, prefix, runId, batchSize: 100 },
    ...{ minBatches: params.shards, clock: () => performance.now() },
  });
  const manifest = () => readManifest(store.stream(layout.manifest(runId)));
  const told = await prepareCnn(params, {
    ...{ runId, bucket: DATA, reader: bucket.reader, store, prefix, manifest },
    ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 1024 * MIB },
    kernel: createSharpKernel(),
    files: new ObjectStore(bucket.s3, DATA),
    filesOf: (name) => new ObjectStore(bucket.s3, name),
    training: () => expect.fail('Expected no list of images to learn from.'),
    now: () => performance.now(),
    ...changes,
  });
  type List = Record<(typeof NAMES)[number], InputFile> & { readonly notes: readonly object[] };
  const list = (await store.getJson(layout.inputs(runId))) as List;
  const files = await Promise.all(NAMES.map((name) => store.get(list[name].key)));
  expect(files.map((file) => hash('sha256', file))).toEqual(NAMES.map((name) => list[name].sha256));
  const [start = Buffer.alloc(0), , , truth = Buffer.alloc(0)] = files;
  return { told, list, state: readState(start), truth: readTruth(truth) };
}

const refused = (words: string) => ({
  code: 'INVALID_INPUT',
  source: 'user',
  message: expect.stringContaining(words),
});

describe('what a network is trained with', () => {
  beforeAll(() => put({ 'zoo/1-cat.png': 8, 'zoo/2-dog.png': 8, 'zoo/3-cat.png': 8, 'zoo/4-dog.png': 8 }));

  it('are first values by the seed, and what each image is, of either part', async () => {
    const { told, state, truth, list } = await prepared('zoo/', { shards: 1 });
    expect(state).toMatchObject({ side: 8, classes: 2, found: null });
    expect(truth).toEqual({
      classes: ['cat', 'dog'],
      train: { 'zoo/1-cat.png': 0, 'zoo/2-dog.png': 1, 'zoo/3-cat.png': 0 },
      test: { 'zoo/4-dog.png': 1 },
    });
    expect(told).toEqual({ images: 3, labels: 2, bytes: list.start.bytes });
    expect(list.notes).toEqual([]);
    const again = await prepared('zoo/', { shards: 1 });
    expect(again.list.start.sha256).toBe(list.start.sha256);
    const other = await prepared('zoo/', { shards: 1, seed: 2 });
    expect(other.list.start.sha256).not.toBe(list.start.sha256);
  });

  it('follow the size of the images', async () => {
    await put({ 'wide/1-a.png': 28, 'wide/2-b.png': 28, 'wide/3-a.png': 28 });
    const { state, list } = await prepared('wide/', {});
    expect(state.side).toBe(28);
    expect(list.training.sha256).not.toBe((await prepared('zoo/', {})).list.training.sha256);
  });

  it('leave out, and tell of, images without a label, and classes that nothing is learned of', async () => {
    await put({ 'some/1-a.png': 8, 'some/2-b.png': 8, 'some/3.png': 8, 'some/4-c.png': 8 });
    const { truth, list } = await prepared('some/', { shards: 1 });
    expect(truth).toMatchObject({ classes: ['a', 'b'], test: {} });
    expect(list.notes).toMatchObject([
      { code: 'CLASSES_NOT_LEARNED', examples: ['some/4-c.png'] },
      { code: 'TRAINING_NOT_LABELLED', examples: ['some/3.png'] },
    ]);
  });

  it('tell of shards that have one label only', async () => {
    await put({ 'sorted/a/1.png': 8, 'sorted/a/2.png': 8, 'sorted/b/3.png': 8, 'sorted/b/4.png': 8 });
    const { list } = await prepared('sorted/', { shards: 2 });
    expect(list.notes).toMatchObject([{ code: 'SHARDS_UNALIKE' }]);
  });
});

describe('what cannot be learned from', () => {
  it('are images of a size that there are no graphs for, or none at all', async () => {
    await put({
      'odd/1-a.png': 16,
      'odd/2-b.png': 16,
      'text/1-a.png': Buffer.from('x'),
      'text/2-b.png': Buffer.from('y'),
    });
    await expect(prepared('odd/', {})).rejects.toMatchObject(
      refused(
        'Expected images of one of 8 x 8, 28 x 28, 32 x 32 pixels but odd/1-a.png is 16 x 16: scale all',
      ),
    );
    await expect(prepared('text/', {})).rejects.toMatchObject(refused('none of 2 can, first text/1-a.png'));
  });

  it('is known by most of the images: one that differs is a row of its own', async () => {
    await put({ 'mixed/1-a.png': 16, 'mixed/2-b.png': 8, 'mixed/3-a.png': 8, 'mixed/4-b.png': 8 });
    expect((await prepared('mixed/', {})).state.side).toBe(8);
  });

  it('are as many images as are asked, or fewer', async () => {
    await put({ 'few/1-a.png': 8, 'few/2-b.png': 8 });
    await expect(prepared('few/', { ask: 2 })).rejects.toMatchObject(
      refused(
        'Expected `ask` to be less than the 2 images under few/, so that some are left to learn from, but it is 2',
      ),
    );
  });

  it('are images of one label, of more than 100, or of none', async () => {
    await put({ 'one/1-a.png': 8, 'one/2-a.png': 8, 'one/3-b.png': 8 });
    await expect(prepared('one/', {})).rejects.toMatchObject(
      refused('Expected 2 to 100 labels of images to learn from but there are 1: say by `labels`'),
    );
    const many = Array.from({ length: 102 }, (_, label) => [
      `many/${String(label).padStart(3, '0')}-${label}.png`,
      8,
    ]);
    await put(Object.fromEntries(many));
    await expect(prepared('many/', {})).rejects.toMatchObject(refused('but there are 101: say by `labels`'));
    await put({ 'bare/a.png': 8, 'bare/b.png': 8 });
    await expect(prepared('bare/', { labels: 'name' })).rejects.toMatchObject(
      refused('Expected labels of the images'),
    );
  });

  it('is what does not fit into the memory of a function', async () => {
    const arm = {
      arms: ['serverless' as const],
      instanceTypes: [],
      engine: 'grpc' as const,
      kernel: 'native' as const,
    };
    const within = (memory: number) =>
      prepared(
        'zoo/',
        { network: 'resnet18' },
        { expectRoom: (held) => expectRoom(held, { ...arm, memory }) },
      );
    await expect(within(512)).rejects.toMatchObject(refused('take a smaller `network`'));
    expect((await within(3008)).state.values.length).toBeGreaterThan(4_000_000);
  });
});
