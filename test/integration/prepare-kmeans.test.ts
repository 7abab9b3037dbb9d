import { hash } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../src/aggregate/manifest-stream.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { InputFile } from '../../src/contract/inputs.ts';
import { layout } from '../../src/contract/layout.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { plan } from '../../src/plan/plan.ts';
import { expectRoom } from '../../src/prepare/expect-room.ts';
import type { PrepareOptions } from '../../src/prepare/options.ts';
import { prepareKmeans } from '../../src/prepare/prepare-kmeans.ts';
import { readLabels } from '../../src/workloads/kmeans/labels-file.ts';
import { type KmeansParams, kmeansParamsSchema } from '../../src/workloads/kmeans/schema.ts';
import { readState } from '../../src/workloads/kmeans/state.ts';
import { type ImageBucket, MIB, plain, startImageBucket } from '../support/image-bucket.ts';

const DATA = 'kmeans-data';
const RUNS = 'kmeans-runs';

let bucket: ImageBucket;
let store: ObjectStore;
let runs = 0;

beforeAll(async () => {
  bucket = await startImageBucket(DATA);
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
  store = new ObjectStore(bucket.s3, RUNS);
});
afterAll(() => bucket?.stop());

/** Put images of one colour, or files, by their keys. */
async function put(images: Readonly<Record<string, number | Buffer>>): Promise<void> {
  for (const [key, image] of Object.entries(images)) {
    await bucket.put(key, typeof image === 'number' ? await plain(image) : image);
  }
}

/** Plan a run, prepare it, and read what is there then. */
async function prepared(prefix: string, asked: Partial<KmeansParams>, changes: Partial<PrepareOptions> = {}) {
  runs += 1;
  const runId = `run-${runs}`;
  const params = kmeansParamsSchema.parse(asked);
  await plan({
    ...{ s3: bucket.s3, dataBucket: DATA, runsBucket: RUNS, prefix, runId, batchSize: 100 },
    clock: () => performance.now(),
  });
  const manifest = () => readManifest(store.stream(layout.manifest(runId)));
  const told = await prepareKmeans(params, {
    ...{ runId, bucket: DATA, reader: bucket.reader, store, prefix, manifest },
    ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 1024 * MIB },
    kernel: await chooseKernel('portable'),
    files: new ObjectStore(bucket.s3, DATA),
    filesOf: (name) => new ObjectStore(bucket.s3, name),
    training: () => expect.fail('Expected nothing to be learned from.'),
    now: () => performance.now(),
    ...changes,
  });
  const list = (await store.getJson(layout.inputs(runId))) as Record<'start' | 'labels', InputFile> & {
    notes: readonly object[];
  };
  const [start, labels] = [await store.get(list.start.key), await store.get(list.labels.key)];
  expect([start, labels].map((file) => hash('sha256', file))).toEqual([
    list.start.sha256,
    list.labels.sha256,
  ]);
  const state = readState(start);
  return { told, list, state, labels: readLabels(labels), reds: state.centres.map(({ sum }) => sum[0]) };
}

const refused = (words: string) => ({
  code: 'INVALID_INPUT',
  source: 'user',
  message: expect.stringContaining(words),
});

describe('the first centres', () => {
  beforeAll(() =>
    put({
      ...{ 'digits/1-a.png': 10, 'digits/2-b.png': 11, 'digits/3-a.png': 90 },
      ...{ 'digits/4-b.png': 91, 'digits/5-a.png': 200 },
    }),
  );

  it('are images, far from each other, the same to the byte for the same seed', async () => {
    const { told, state, reds, list } = await prepared('digits/', { k: 3 });
    expect(state).toMatchObject({ width: 8, height: 8, sizes: null, inertia: null });
    expect(state.centres.every(({ count, sum }) => count === 1 && sum.length === 192)).toBe(true);
    expect(new Set(reds).size).toBe(3);
    expect(told).toMatchObject({ images: 3, labels: 2, bytes: list.start.bytes });
    expect(list.start.key).toMatch(/\/inputs\/[0-9a-f]{16}-start\.json$/);
    expect(list.notes).toEqual([]);
    expect((await prepared('digits/', { k: 3 })).list.start.sha256).toBe(list.start.sha256);
    const others = [];
    for (let seed = 2; seed < 8; seed += 1)
      others.push((await prepared('digits/', { k: 3, seed })).list.start.sha256);
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  it('are those of a JSON, in its order', async () => {
    await put({ 'starts/two.json': Buffer.from('["digits/5-a.png","digits/1-a.png"]') });
    expect((await prepared('digits/', { k: 2, starts: 'starts/two.json' })).reds).toEqual([200, 10]);
  });

  it('are those of a JSON that begins with a byte order mark', async () => {
    await put({ 'starts/bom.json': Buffer.from('\ufeff["digits/5-a.png","digits/1-a.png"]') });
    expect((await prepared('digits/', { k: 2, starts: 'starts/bom.json' })).reds).toEqual([200, 10]);
  });

  it.each([
    [
      'none',
      undefined,
      'of 2 keys that differ at s3://kmeans-data/starts/none.json, one for each cluster, but it is not there',
    ],
    ['text', 'digits', 'but it is no JSON'],
    ['object', '{}', 'but it has something else'],
    ['numbers', '[1,2]', 'but it has something else'],
    ['one', '["digits/1-a.png"]', 'but it has 1, of which 1 differ'],
    ['twice', '["digits/1-a.png","digits/1-a.png"]', 'but it has 2, of which 1 differ'],
    ['long', ' '.repeat(8 * MIB + 1), 'but it has more than 8 MiB: correct `starts`'],
    ['foreign', '["digits/1-a.png","starts/x.png"]', 'but "starts/x.png" is none: correct it'],
    ['nameless', '["digits/1-a.png",""]', 'but "" is none: correct it'],
    ['odd', '["digits/1-a.png","a\\nb\\u001b[31m"]', String.raw`but "a\nb\u001b[31m" is none: correct it`],
  ])('are not those of a JSON that cannot be used: %s', async (name, text, words) => {
    const starts = `starts/${name}.json`;
    if (text !== undefined) await put({ [starts]: Buffer.from(text) });
    await expect(prepared('digits/', { k: 2, starts })).rejects.toMatchObject(refused(words));
  });

  it('are of the size that most images have; others, and what cannot be decoded, are told of', async () => {
    await put({
      ...{ 'odd/a.png': await plain(1, 16), 'odd/b.png': 2, 'odd/c.png': 3, 'odd/d.png': Buffer.from('x') },
      'starts/odd.json': Buffer.from('["odd/b.png","odd/d.png"]'),
      'starts/sizes.json': Buffer.from('["odd/b.png","odd/a.png"]'),
    });
    const { reds, state, list } = await prepared('odd/', { k: 2 });
    expect([...reds].sort()).toEqual([2, 3]);
    expect(state.width).toBe(8);
    expect(list.notes).toMatchObject([
      { code: 'START_NOT_READ', examples: ['odd/d.png: NOT_AN_IMAGE'] },
      { code: 'START_SIZE_DIFFERS', examples: ['odd/a.png: 16 x 16'] },
    ]);
    await expect(prepared('odd/', { k: 3 })).rejects.toMatchObject(
      refused('as many images of one size as clusters, 3, but there are 2'),
    );
    await expect(prepared('odd/', { k: 2, starts: 'starts/odd.json' })).rejects.toMatchObject(
      refused('odd/d.png cannot: name another one'),
    );
    await expect(prepared('odd/', { k: 2, starts: 'starts/sizes.json' })).rejects.toMatchObject(
      refused('Expected all images to start from to be of one size'),
    );
  });

  it('may be equal where fewer images differ, which is told', async () => {
    await put({ 'equal/a.png': 5, 'equal/b.png': 5, 'equal/c.png': 7 });
    const { reds, list } = await prepared('equal/', { k: 3 });
    expect([...reds].sort()).toEqual([5, 5, 7]);
    expect(list.notes).toMatchObject([{ code: 'START_NOT_DISTINCT', examples: ['2 of 3'] }]);
  });

  it('are none where images are too large, or none can be decoded', async () => {
    await put({ 'large/a.png': await plain(1, 149), 'text/a.png': Buffer.from('a') });
    await expect(prepared('large/', { k: 1 })).rejects.toMatchObject(
      refused('at most 22,017 pixels for as many clusters but large/a.png is 149 x 149'),
    );
    const many = {
      create: { width: 187, height: 1, channels: 3 as const, background: { r: 1, g: 2, b: 3 } },
    };
    await put({ 'wide/a.png': await sharp(many).png().toBuffer() });
    await expect(prepared('wide/', { k: 1000 })).rejects.toMatchObject(
      refused('as many images of one size as clusters, 1000'),
    );
    await expect(prepared('text/', { k: 1 })).rejects.toMatchObject(
      refused('none of 1 can, first text/a.png'),
    );
  });

  it('are none where a batch would take too much memory', async () => {
    const object = await bucket.put('batch/a.png', await plain(1, 148));
    const manifestOf = (count: number) => {
      let sampled = false;
      // The sample is of one image, so that not as many are decoded here.
      return async function* () {
        const objects = new Array(sampled ? count : 1).fill(object);
        sampled = true;
        yield { batch: 0, bytes: 0, objects };
      };
    };
    const of = (count: number) => prepared('batch/', { k: 1 }, { manifest: manifestOf(count) });
    await expect(of(4086)).rejects.toMatchObject(
      refused('256 MiB, so 4085 images of this size, but the largest has 4086: take a smaller `batchSize`'),
    );
    expect((await of(4085)).state.width).toBe(148);
    const small = {
      arms: ['serverless' as const],
      instanceTypes: [],
      engine: 'grpc' as const,
      kernel: 'native' as const,
    };
    const within = (memory: number) =>
      prepared(
        'batch/',
        { k: 1 },
        {
          manifest: manifestOf(4085),
          expectRoom: (held) => expectRoom(held, { ...small, memory }),
        },
      );
    await expect(within(512)).rejects.toMatchObject(refused('or take a `batchSize` of at most 1,7'));
    expect((await within(1024)).state.width).toBe(148);
  });
});

describe('the labels that clusters are compared with', () => {
  it('are found as they are for knn', async () => {
    await put({ 'zoo/cat/1.png': 1, 'zoo/dog/2.png': 2, 'zoo/cat/3.png': 3 });
    expect((await prepared('zoo/', { k: 1 })).labels).toEqual({
      ...{ 'zoo/cat/1.png': 'cat', 'zoo/dog/2.png': 'dog', 'zoo/cat/3.png': 'cat' },
    });
    await put({ 'names/1-a.png': 1, 'names/2-a.png': 2, 'names/3.png': 3 });
    const { labels, list } = await prepared('names/', { k: 1 });
    expect(labels).toEqual({ 'names/1-a.png': 'a', 'names/2-a.png': 'a' });
    expect(list.notes).toMatchObject([{ code: 'IMAGES_NOT_LABELLED', examples: ['names/3.png'] }]);
  });

  it('are none where nobody asked for them and they divide nothing', async () => {
    await put({ 'photos/IMG-1.png': 1, 'photos/IMG-2.png': 2, 'bare/a.png': 1, 'bare/b.png': 2 });
    for (const prefix of ['photos/', 'bare/']) {
      const { labels, list, told } = await prepared(prefix, { k: 1 });
      expect([labels, list.notes, told.labels]).toEqual([{}, [], 0]);
    }
    expect((await prepared('photos/', { k: 1, labels: 'name' })).labels).toMatchObject({
      'photos/IMG-1.png': '1',
    });
    await expect(prepared('bare/', { k: 1, labels: 'name' })).rejects.toMatchObject(
      refused('Expected labels of the images, what stands between the last `-`'),
    );
    await expect(prepared('bare/', { k: 1, labels: 'x.csv' })).rejects.toMatchObject(
      refused('it is not there'),
    );
  });
});
