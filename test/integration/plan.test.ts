import {
  GetObjectCommand,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type StorageClass,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createS3 } from '../../src/aws/s3.ts';
import { layout } from '../../src/contract/layout.ts';
import { type Batch, batchSchema } from '../../src/contract/manifest.ts';
import { planSchema } from '../../src/contract/plan.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { encodeGreyPng } from '../../src/kernel/png-writer.ts';
import { plan } from '../../src/plan/plan.ts';
import { openForeignBucket } from '../support/foreign-bucket.ts';
import { DATA, planBuckets } from '../support/plan-buckets.ts';

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

const { put, options, read, runKeys, emulator } = planBuckets();

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
      items: 2_512,
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
      storageClasses: { STANDARD: { items: 2_512, bytes: 2_512, gets: 2_512, listingGets: 0 } },
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
      const got = await emulator().s3.send(new GetObjectCommand({ Bucket: DATA, Key: key, IfMatch: etag }));
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
      emulator().s3.send(new PutObjectCommand({ Bucket: DATA, Key: key, Body, StorageClass }));
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
      ...{ items: images, bytes: images * png.length, gets: images, listingGets },
    });
    expect(result.storageClasses).toEqual({
      GLACIER_IR: { items: 2, bytes: 2 * png.length, gets: slices, listingGets: 1 },
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
    const foreign = await openForeignBucket(emulator().client, 'plan-paid', { requesterPays: true });
    const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);
    const tar = tarOf([
      ['b', PNG],
      ['c.png', PNG],
    ]);
    await foreign.put('in/a', PNG);
    await foreign.put('in/b.tar', tar);
    const changes = { dataBucket: foreign.bucket, filter: 'content' } as const;

    // Act
    const s3 = createS3({ ...emulator().client, requesterPays: true });
    const paid = await plan(options('in/', { ...changes, s3 }));
    const unpaid = plan(options('in/', changes));

    // Assess
    await expect(unpaid).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(unpaid).rejects.toThrow('`requesterPays`');
    expect(paid).toMatchObject({ items: 3, shards: 1, skipped: 0 });
    s3.destroy();
    foreign.close();
  });

  it('refuses a listing that has a key twice', async () => {
    const doubling = clientWithPages((objects) => [...objects, ...objects.slice(-1)]);
    const failure = plan(options('content/', { runId: 'run-doubled', s3: doubling }));
    await expect(failure).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'aws' });
    expect(await runKeys('run-doubled')).toEqual([]);
    doubling.destroy();
  });
});

/** A client for which the objects of every page of a listing are changed, and nothing else. */
function clientWithPages(
  change: (
    objects: NonNullable<ListObjectsV2CommandOutput['Contents']>,
  ) => ListObjectsV2CommandOutput['Contents'],
): S3Client {
  const client = new S3Client({
    endpoint: emulator().endpoint,
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
