import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type StorageClass,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3 } from '../../src/aws/s3.ts';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { type Batch, batchSchema, planSchema } from '../../src/dataset/manifest.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { encodeGreyPng } from '../../src/dataset/png.ts';
import { type PlanOptions, plan } from '../../src/plan/plan.ts';
import { writeManifest } from '../../src/plan/write.ts';
import { layout } from '../../src/run/layout.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { openForeignBucket } from '../support/foreign-bucket.ts';
import { tarOf } from '../support/tars.ts';

const DATA = 'plan-data';
const RUNS = 'plan-runs';
const NASTY = [
  'a key with  spaces .jpg',
  ' leading and trailing .jpg ',
  'hash#question?plus+percent%20amp&equals=.jpg',
  `quotes"'back\\slash<tag>.jpg`,
  'emoji 😀 before \uffee.jpg',
  'private \ue000 use.jpg',
  'tab\there.png',
  'control\u0001\u007f.gif',
  'é composed, e\u0301 decomposed.webp',
  `${'😀'.repeat(249)}.tiff`,
  `${'x'.repeat(1000)}.jpeg`,
];

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
  for (const Bucket of [DATA, RUNS]) await emulator.s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(async () => {
  await emulator?.stop();
});

async function put(keys: readonly string[], body: Buffer = Buffer.from('x')): Promise<void> {
  await forEachConcurrent(keys, 16, async (Key) => {
    await emulator.s3.send(new PutObjectCommand({ Bucket: DATA, Key, Body: body }));
  });
}

function options(prefix: string, changes: Partial<PlanOptions> = {}): PlanOptions {
  return {
    s3: emulator.s3,
    dataBucket: DATA,
    runsBucket: RUNS,
    prefix,
    runId: `run-${prefix.replaceAll('/', '')}`,
    batchSize: 100,
    clock: () => performance.now(),
    ...changes,
  };
}

async function read(key: string): Promise<string> {
  const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: RUNS, Key: key }));
  return (await Body?.transformToString()) ?? '';
}

async function runKeys(runId: string): Promise<string[]> {
  const page = await emulator.s3.send(new ListObjectsV2Command({ Bucket: RUNS, Prefix: layout.run(runId) }));
  return (page.Contents ?? []).map(({ Key = '' }) => Key);
}

describe('plan against an S3', () => {
  it('lists over 2,500 keys in pages, and every image comes once and in order', async () => {
    // Prepare
    const images = Array.from({ length: 2_512 }, (_, i) => `many/${i % 7}/image ${i}.jpg`);
    await put([...images, 'many/', 'many/3/', 'many/readme.txt', 'many/labels.csv']);

    // Act
    const result = await plan(options('many/'));

    // Assess
    expect(planSchema.parse(result)).toEqual({
      bucket: DATA,
      prefix: 'many/',
      manifestKey: 'runs/run-many/manifest.json',
      batches: 26,
      images: 2_512,
      bytes: 2_512,
      shards: 0,
      skipped: 4,
      leftOut: [
        { suffix: '.csv', count: 1, example: 'many/labels.csv' },
        { suffix: '.txt', count: 1, example: 'many/readme.txt' },
      ],
      notes: [],
      listMs: expect.any(Number),
      requests: { lists: 3, gets: 1 },
      storageClasses: { STANDARD: { images: 2_512, bytes: 2_512, gets: 2_512, listingGets: 0 } },
    });
    const text = await read(result.manifestKey);
    const batches: Batch[] = batchSchema.array().parse(JSON.parse(text));
    expect(batches.flatMap(({ objects }) => objects.map(({ key }) => key))).toEqual(images.sort(compareKeys));
    expect(batches.map(({ batch }) => batch)).toEqual(batches.map((_, i) => i));
    expect(text.split('\n')).toHaveLength(batches.length + 3);
    expect(JSON.parse(await read(layout.plan('run-many')))).toEqual(result);
  });

  it('keeps nasty keys to the byte, with the ETag that GET answers', async () => {
    // Prepare
    const keys = NASTY.map((key) => `nasty/${key}`);
    await put(keys);

    // Act
    const result = await plan(options('nasty/', { minBatches: 1_000, filter: 'all' }));

    // Assess
    const batches = batchSchema.array().parse(JSON.parse(await read(result.manifestKey)));
    const objects = batches.flatMap((batch) => batch.objects);
    expect(objects.map(({ key }) => key)).toEqual(keys.sort(compareKeys));
    expect(batches).toHaveLength(keys.length);
    for (const { key, etag } of objects) {
      const got = await emulator.s3.send(new GetObjectCommand({ Bucket: DATA, Key: key, IfMatch: etag }));
      expect(got.ETag).toBe(etag);
    }
  });

  it('finds images without a suffix by content, if asked to', async () => {
    // Prepare
    await put(['content/a', 'content/b.bin'], encodeGreyPng(new Uint8Array(4), 2, 2));
    await put(['content/c', 'content/named.jpg'], Buffer.from('no image at all'));
    await put(['content/empty'], Buffer.alloc(0));

    // Act
    const plans = await Promise.all(
      (['content', 'suffix', 'all'] as const).map((filter) =>
        plan(options('content/', { filter, runId: `run-content-${filter}` })),
      ),
    );

    // Assess: of objects without a suffix, those that have bytes are looked at
    expect(plans.map(({ requests }) => requests?.gets)).toEqual([4, 1, 1]);
    const keys = await Promise.all(
      plans.map(async ({ manifestKey }) =>
        batchSchema
          .array()
          .parse(JSON.parse(await read(manifestKey)))
          .flatMap(({ objects }) => objects.map(({ key }) => key.slice('content/'.length))),
      ),
    );
    expect(keys).toEqual([
      ['a', 'b.bin', 'named.jpg'],
      ['named.jpg'],
      ['a', 'b.bin', 'c', 'empty', 'named.jpg'],
    ]);
  });

  it('counts images, bytes and GETs by storage class, those in a tar by that of the tar', async () => {
    // Prepare
    const png = encodeGreyPng(new Uint8Array(4), 2, 2);
    const kept = (key: string, StorageClass: StorageClass, Body: Buffer = png) =>
      emulator.s3.send(new PutObjectCommand({ Bucket: DATA, Key: key, Body, StorageClass }));
    await put(['classes/a.png'], png);
    await kept('classes/b.png', 'STANDARD_IA');
    await kept('classes/c.png', 'STANDARD_IA');
    // Looked at for what it is, and skipped.
    await kept('classes/notes', 'STANDARD_IA', Buffer.from('no image'));
    await kept('classes/d.png', 'INTELLIGENT_TIERING');
    await kept(
      'classes/e.tar',
      'GLACIER_IR',
      tarOf([
        ['e/1.png', png],
        ['e/2.png', png],
      ]),
    );

    // Act
    const result = await plan(options('classes/', { filter: 'content' }));

    // Assess
    const slices = (2 * png.length) / (8 * 1024 * 1024);
    const alone = (images: number, listingGets = 0) => ({
      ...{ images, bytes: images * png.length, gets: images, listingGets },
    });
    expect(result.storageClasses).toEqual({
      GLACIER_IR: { images: 2, bytes: 2 * png.length, gets: slices, listingGets: 1 },
      INTELLIGENT_TIERING: alone(1),
      STANDARD: alone(1),
      STANDARD_IA: alone(2, 1),
    });
    expect(await read(result.manifestKey)).not.toContain('storageClass');
  });

  it.each([
    ['a bucket that does not exist', 'BUCKET_MISSING', { dataBucket: 'no-such-bucket' }, /no-such-bucket/],
    ['a prefix with nothing', 'PREFIX_EMPTY', { prefix: 'nowhere/' }, /s3:\/\/plan-data\/nowhere\//],
    ['a prefix with a folder key only', 'PREFIX_EMPTY', { prefix: 'hollow/' }, /1 empty folder/],
    [
      'a prefix without images',
      'NO_IMAGES',
      { prefix: 'text/' },
      /3 objects there have \.txt \(2\), no suffix \(1: text\/c\)/,
    ],
  ])('refuses %s and writes nothing', async (_, code, changes, message) => {
    // Prepare
    await put(['hollow/', 'text/a.txt', 'text/b.TXT', 'text/c']);
    const runId = `run-${code}`;

    // Act
    const failure = plan(options('text/', { runId, ...changes }));

    // Assess
    await expect(failure).rejects.toMatchObject({ name: 'FanfleetError', code, source: 'user' });
    await expect(failure).rejects.toThrow(message);
    expect(await runKeys(runId)).toEqual([]);
  });

  it('stops with the reason of the signal and writes nothing', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const failure = plan(options('many/', { runId: 'run-aborted', signal: controller.signal }));
    controller.abort(reason);
    await expect(failure).rejects.toBe(reason);
    expect(await runKeys('run-aborted')).toEqual([]);
  });

  it('makes the same manifest where the bucket lists without order, by listing again and sorting', async () => {
    // Prepare: as a directory bucket would list, each page in its own order
    const unordered = clientWithPages((objects) => objects.toReversed());

    // Act
    const ordered = await plan(options('many/', { runId: 'run-ordered' }));
    const sorted = await plan(options('many/', { runId: 'run-unordered', s3: unordered }));

    // Assess
    unordered.destroy();
    expect(sorted).toEqual({
      ...ordered,
      manifestKey: sorted.manifestKey,
      listMs: expect.any(Number),
      // The first page that is out of order ends the first listing.
      requests: { lists: 4, gets: 1 },
    });
    expect(await read(sorted.manifestKey)).toBe(await read(ordered.manifestKey));
  });

  it('says that the requester pays, with every request, where he is to', async () => {
    // Prepare
    const foreign = await openForeignBucket(emulator.client, 'plan-paid', { requesterPays: true });
    const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);
    const tar = tarOf([
      ['b', PNG],
      ['c.png', PNG],
    ]);
    await foreign.put('in/a', PNG);
    await foreign.put('in/b.tar', tar);
    const changes = { dataBucket: foreign.bucket, filter: 'content' } as const;

    // Act
    const s3 = createS3({ ...emulator.client, requesterPays: true });
    const paid = await plan(options('in/', { ...changes, s3 }));
    const unpaid = plan(options('in/', changes));

    // Assess
    await expect(unpaid).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(unpaid).rejects.toThrow('`requesterPays`');
    expect(paid).toMatchObject({ images: 3, shards: 1, skipped: 0 });
    s3.destroy();
    foreign.close();
  });

  describe('over objects that S3 refuses', () => {
    const archived = (keys: readonly string[]) =>
      forEachConcurrent(keys, 16, async (Key) => {
        const command = { Bucket: DATA, Key, Body: 'x', StorageClass: 'GLACIER' } as const;
        await emulator.s3.send(new PutObjectCommand(command));
      });
    const objectsOf = async (manifestKey: string) =>
      batchSchema
        .array()
        .parse(JSON.parse(await read(manifestKey)))
        .flatMap(({ objects }) => objects);

    it('plans them like others, if one is given: a worker will say which are not', async () => {
      await archived(['some/0.jpg', 'some/1.jpg']);
      await put(['some/2.jpg']);
      const { images, requests } = await plan(options('some/'));
      expect({ images, gets: requests?.gets }).toEqual({ images: 3, gets: 3 });
    });

    it('fails before the work begins if all of them are archived, and says what to do', async () => {
      await archived(Array.from({ length: 150 }, (_, i) => `cold/${i}.jpg`));
      const failure = plan(options('cold/'));
      await expect(failure).rejects.toMatchObject({ code: 'OBJECTS_REFUSED', source: 'user' });
      await expect(failure).rejects.toThrow(
        /all 75 that were tried, from all over the 150 there, were refused: 75 with OBJECT_ARCHIVED \(the object is archived: restore it/,
      );
      expect(await runKeys('run-cold')).not.toContain(layout.plan('run-cold'));
    });

    it('names the rights that are missing if all of them are denied', async () => {
      const foreign = await openForeignBucket(emulator.client, 'plan-denied', { denied: 'all' });
      for (const key of ['in/0.jpg', 'in/1.png']) await foreign.put(key, 'x');
      const failure = plan(options('in/', { dataBucket: foreign.bucket }));
      await expect(failure).rejects.toMatchObject({ code: 'ACCESS_DENIED', source: 'user' });
      await expect(failure).rejects.toThrow(
        /all 2 were denied: allow s3:GetObject .* kms:Decrypt .* S3 said: Access Denied/,
      );
      foreign.close();
    });

    it('says each reason where there are several', async () => {
      const foreign = await openForeignBucket(emulator.client, 'plan-refused', { denied: ['in/0.jpg'] });
      await foreign.put('in/0.jpg', 'x');
      await foreign.put('in/1.jpg', 'x', { StorageClass: 'DEEP_ARCHIVE' });
      const failure = plan(options('in/', { dataBucket: foreign.bucket }));
      await expect(failure).rejects.toThrow(/1 with OBJECT_DENIED \(.*; 1 with OBJECT_ARCHIVED \(/);
      foreign.close();
    });

    it('makes a row of each whose content would have decided', async () => {
      const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);
      await put(['sniffed/0', 'sniffed/1.png'], PNG);
      await archived(['sniffed/2', 'sniffed/3.txt']);
      const { manifestKey, skipped } = await plan(options('sniffed/', { filter: 'content' }));
      expect((await objectsOf(manifestKey)).map(({ key, size, refused }) => [key, size, refused])).toEqual([
        ['sniffed/0', PNG.length, undefined],
        ['sniffed/1.png', PNG.length, undefined],
        ['sniffed/2', 0, 'OBJECT_ARCHIVED'],
        ['sniffed/3.txt', 0, 'OBJECT_ARCHIVED'],
      ]);
      expect(skipped).toBe(0);
    });

    it('makes one row of a tar that it may not open, and reads the others', async () => {
      const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);
      await archived(['tars/0.tar', 'tars/0.index.jsonl', 'tars/2.tar']);
      await put(['tars/1.tar'], tarOf([['tars/1.tar/a.png', PNG]]));
      const { manifestKey, shards, images, bytes } = await plan(options('tars/'));
      expect(
        (await objectsOf(manifestKey)).map(({ key, shard, refused }) => [key, shard?.key, refused]),
      ).toEqual([
        ['tars/0.tar', undefined, 'OBJECT_ARCHIVED'],
        ['tars/1.tar/a.png', 'tars/1.tar', undefined],
        ['tars/2.tar', undefined, 'OBJECT_ARCHIVED'],
      ]);
      expect({ shards, images, bytes }).toEqual({ shards: 3, images: 3, bytes: PNG.length });
    });

    it('fails if all tars are refused', async () => {
      await archived(['cold-tars/0.tar', 'cold-tars/1.tar']);
      await expect(plan(options('cold-tars/'))).rejects.toMatchObject({ code: 'OBJECTS_REFUSED' });
    });
  });

  it('refuses a listing that has a key twice', async () => {
    const doubling = clientWithPages((objects) => [...objects, ...objects.slice(-1)]);
    const failure = plan(options('content/', { runId: 'run-doubled', s3: doubling }));
    await expect(failure).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'aws' });
    expect(await runKeys('run-doubled')).toEqual([]);
    doubling.destroy();
  });
});

describe('writeManifest', () => {
  /** 20 MB of batches, i.e. more than two parts, and then what `end` does. */
  async function* batches(end: () => Promise<void>): AsyncGenerator<Batch> {
    for (let batch = 0; batch < 100; batch += 1) {
      const key = `${String(batch).padStart(6, '0')}${'x'.repeat(200_000)}`;
      yield { batch, bytes: 1, objects: [{ key, size: 1, etag: '"e"' }] };
    }
    await end();
  }

  it('writes in parts what is too long for one', async () => {
    const key = 'parts/manifest.json';
    const totals = await writeManifest({
      s3: emulator.s3,
      bucket: RUNS,
      key,
      batches: batches(async () => {}),
    });
    expect(totals).toEqual({ batches: 100, images: 100, bytes: 100 });
    const written = batchSchema.array().parse(JSON.parse(await read(key)));
    expect(written.map(({ batch }) => batch)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('leaves neither an object nor parts when the batches fail in the middle', async () => {
    const key = 'failed/manifest.json';
    const reason = new Error('the listing broke');
    const pendingUploads = async () =>
      (await emulator.s3.send(new ListMultipartUploadsCommand({ Bucket: RUNS }))).Uploads ?? [];
    const failing = batches(async () => {
      expect(await pendingUploads()).toHaveLength(1);
      throw reason;
    });
    await expect(writeManifest({ s3: emulator.s3, bucket: RUNS, key, batches: failing })).rejects.toBe(
      reason,
    );
    const objects = await emulator.s3.send(new ListObjectsV2Command({ Bucket: RUNS, Prefix: 'failed/' }));
    expect(objects.KeyCount).toBe(0);
    expect(await pendingUploads()).toEqual([]);
  });
});

/** A client for which the objects of every page of a listing are changed, and nothing else. */
function clientWithPages(
  change: (
    objects: NonNullable<ListObjectsV2CommandOutput['Contents']>,
  ) => ListObjectsV2CommandOutput['Contents'],
): S3Client {
  const client = new S3Client({
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName === 'ListObjectsV2Command') {
        const page = result.output as ListObjectsV2CommandOutput;
        page.Contents = change(page.Contents ?? []);
      }
      return result;
    },
    { step: 'initialize' },
  );
  return client;
}
