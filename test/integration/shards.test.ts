import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { readImageFolder } from '../../src/dataset/folder.ts';
import { batchSchema, type DatasetObject } from '../../src/dataset/manifest.ts';
import { encodeGreyPng } from '../../src/dataset/png.ts';
import { listPages } from '../../src/dataset/s3-listing.ts';
import { ObjectCursor } from '../../src/dataset/shards/object-cursor.ts';
import { type PackTotals, packShards } from '../../src/dataset/shards/pack.ts';
import { localImages, looseObjects } from '../../src/dataset/shards/pack-source.ts';
import { indexKey, indexText } from '../../src/dataset/shards/shard-index.ts';
import { type PlanOptions, plan } from '../../src/plan/plan.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { membersOf, tarOf } from '../support/tars.ts';

const RUNS = 'shard-runs';
const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);
/** Names that a tar or an index could stumble over, and bytes from none to a few blocks. */
const IMAGES = new Map<string, Buffer>(
  [
    'a b/ 1 .jpg',
    'a b/é 😀.jpg',
    'empty.png',
    `${'x'.repeat(200)}.tif`,
    'line\u2028"\\quoted.gif',
    ...Array.from({ length: 30 }, (_, i) => `many/${i}.v2.jpg`),
  ].map((name, i) => [`loose/${name}`, Buffer.alloc(name === 'empty.png' ? 0 : 100 + 97 * i, name)]),
);

let emulator: Emulator;
let bucket: string;
let dir: string;
let buckets = 0;
beforeAll(async () => {
  emulator = await startEmulator();
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-shards-'));
  await emulator.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
});
afterAll(async () => {
  await emulator?.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  buckets += 1;
  bucket = `shards-${buckets}`;
  await emulator.s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

async function put(key: string, body: Buffer | string): Promise<void> {
  await emulator.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}
async function putLoose(): Promise<void> {
  await forEachConcurrent(IMAGES, 8, ([key, body]) => put(key, body));
}
async function get(input: Omit<GetObjectCommandInput, 'Bucket'>): Promise<Buffer> {
  const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: bucket, ...input }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
async function list(prefix: string): Promise<DatasetObject[]> {
  return (await Array.fromAsync(listPages({ s3: emulator.s3, bucket, prefix }))).flat();
}
function pack(to: string, changes: Partial<Parameters<typeof packShards<DatasetObject>>[0]> = {}) {
  const source = looseObjects({ s3: emulator.s3, bucket, prefix: 'loose/' });
  return packShards({ s3: emulator.s3, bucket, source, to, shardBytes: 16_384, ...changes });
}
let plans = 0;
async function planned(prefix: string, changes: Partial<PlanOptions> = {}) {
  plans += 1;
  const result = await plan({
    s3: emulator.s3,
    dataBucket: bucket,
    runsBucket: RUNS,
    prefix,
    runId: `run-${plans}`,
    batchSize: 10,
    clock: () => performance.now(),
    ...changes,
  });
  const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: RUNS, Key: result.manifestKey }));
  const batches = batchSchema.array().parse(JSON.parse((await Body?.transformToString()) ?? ''));
  return { result, objects: batches.flatMap((batch) => batch.objects) };
}
/** The bytes of planned objects, by key, as a worker would get them. */
async function bytesOf(objects: readonly DatasetObject[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const { key, size, etag, shard } of objects) {
    const range = shard && `bytes=${shard.offset}-${shard.offset + size - 1}`;
    const empty = shard !== undefined && size === 0;
    found.set(
      key,
      empty ? Buffer.alloc(0) : await get({ Key: shard?.key ?? key, IfMatch: etag, Range: range }),
    );
  }
  return found;
}

/** A client that writes down the keys of its GETs, and can break their bodies. */
function watchedClient(breakAfter?: number) {
  const gets: string[] = [];
  const s3 = new S3Client({ ...emulator.client, forcePathStyle: true });
  s3.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName !== 'GetObjectCommand') return result;
      gets.push((args.input as GetObjectCommandInput).Key ?? '');
      const output = result.output as { Body?: AsyncIterable<Uint8Array> };
      if (breakAfter !== undefined && output.Body !== undefined) {
        output.Body = Object.assign(broken(output.Body, breakAfter), { destroy: () => {} });
      }
      return result;
    },
    { step: 'initialize' },
  );
  return { s3, gets };
}
async function* broken(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk.subarray(0, bytes);
    if (chunk.length > bytes) throw new Error('read ECONNRESET');
  }
}

describe('packShards', () => {
  it('writes the same shards each time, from the bucket or from a folder, and no bytes are lost', async () => {
    // Prepare
    await putLoose();
    await put('loose/notes.txt', 'no image');
    const folder = join(dir, 'folder');
    for (const [key, body] of IMAGES) {
      const path = join(folder, key.slice('loose/'.length));
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, body);
    }

    // Act
    const told: PackTotals[] = [];
    const totals = await pack('one/', { onProgress: (progress) => told.push(progress) });
    await pack('two/');
    const source = localImages((await readImageFolder(folder)).files, 'loose/');
    await packShards({ s3: emulator.s3, bucket, source, to: 'three/', shardBytes: 16_384 });

    // Assess
    const bytes = [...IMAGES.values()].reduce((sum, { length }) => sum + length, 0);
    expect(totals).toEqual({ shards: 7, images: IMAGES.size, bytes });
    expect(told.at(-1)).toEqual({ shards: 6, images: IMAGES.size, bytes });
    const digests = await Promise.all(
      ['one/', 'two/', 'three/'].map(async (prefix) =>
        Promise.all(
          (await list(prefix)).map(async ({ key }) => [
            key.slice(prefix.length),
            createHash('sha256')
              .update(await get({ Key: key }))
              .digest('hex'),
          ]),
        ),
      ),
    );
    expect(digests[0]).toHaveLength(14);
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[2]).toEqual(digests[0]);
    const { objects } = await planned('one/');
    expect(await bytesOf(objects)).toEqual(IMAGES);
  });

  it('writes a shard of several parts, and its index is that of the tar', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 'large');
    await put('loose/a.tif', large);
    await put('loose/b.tif', large);
    await pack('packed/', { shardBytes: 2 ** 30 });
    const [index, tar] = await list('packed/');
    const members = await membersOf(await get({ Key: tar?.key ?? '' }));
    expect(tar?.size).toBeGreaterThan(2 * large.length);
    expect((await get({ Key: index?.key ?? '' })).toString()).toBe(
      indexText({ etag: tar?.etag ?? '', size: tar?.size ?? 0 }, members),
    );
  });

  it('refuses a place where something is, or where a run would find images twice', async () => {
    await putLoose();
    await put('packed/000007.tar', 'here before');
    await expect(pack('packed/')).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY', source: 'user' });
    await expect(pack('packed/')).rejects.toThrow('packed/000007.tar');
    for (const to of ['loose/tars/', 'loose/', 'lo']) {
      await expect(pack(to)).rejects.toMatchObject({ code: 'PREFIXES_OVERLAP', source: 'user' });
    }
    expect(await list('packed/')).toHaveLength(1);
    expect(await list('loose/')).toHaveLength(IMAGES.size);
  });

  it('leaves no shard behind that is not whole', async () => {
    await putLoose();
    const { pages, read } = looseObjects({ s3: emulator.s3, bucket, prefix: 'loose/' });
    const reason = new Error('the disk broke');
    const failing = {
      pages,
      read: (image: DatasetObject) =>
        image.key.endsWith('/7.v2.jpg') ? Promise.reject(reason) : read(image),
    };
    await expect(pack('packed/', { source: failing, shardBytes: 1024 ** 2 })).rejects.toThrow(
      'the disk broke',
    );
    expect(await list('packed/')).toEqual([]);
    const { Uploads = [] } = await emulator.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
  });

  it('stops where an image is no longer the one that was listed, and with the reason of the signal', async () => {
    await putLoose();
    const source = looseObjects({ s3: emulator.s3, bucket, prefix: 'loose/' });
    const pages = (async function* () {
      for await (const page of source.pages) yield page.map((object) => ({ ...object, etag: '"other"' }));
    })();
    await expect(pack('packed/', { source: { ...source, pages } })).rejects.toMatchObject({
      code: 'OBJECT_CHANGED',
      source: 'user',
    });
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = ({ images }: PackTotals) => images === 3 && controller.abort(reason);
    await expect(pack('packed/', { onProgress, signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('plan over shards', () => {
  it('finds the images of loose objects, in the same order, from the indexes alone', async () => {
    // Prepare
    await putLoose();
    await pack('packed/');
    const { s3, gets } = watchedClient();

    // Act
    const loose = await planned('loose/');
    const packed = await planned('packed/', { s3 });

    // Assess
    expect(packed.objects.map(({ key, size }) => ({ key, size }))).toEqual(
      loose.objects.map(({ key, size }) => ({ key, size })),
    );
    expect(packed.result).toMatchObject({
      images: IMAGES.size,
      bytes: loose.result.bytes,
      shards: 7,
      skipped: 0,
    });
    expect(loose.result).toMatchObject({ shards: 0 });
    expect(gets.sort()).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `packed/00000${n}.index.jsonl`));
    s3.destroy();
  });

  it.each([
    ['there is no index', null],
    ['the index is of another tar', indexText({ etag: '"old"', size: 1 }, [])],
    ['the index is none', 'v1.2 3\njpg 512 10 a.jpg\n'],
  ])('walks the tar where %s', async (_, index) => {
    const tar = tarOf([...IMAGES].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    await put('foreign/x.tar', tar);
    if (index !== null) await put('foreign/x.index.jsonl', index);
    const { objects, result } = await planned('foreign/');
    expect(await bytesOf(objects)).toEqual(IMAGES);
    expect(result).toMatchObject({ images: IMAGES.size, shards: 1, skipped: 0 });
  });

  it('takes up a broken connection where it broke', async () => {
    const tar = tarOf([...IMAGES].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    await put('foreign/x.tar', tar);
    const { s3, gets } = watchedClient(700);
    expect(await bytesOf((await planned('foreign/', { s3 })).objects)).toEqual(IMAGES);
    expect(gets.length).toBeGreaterThan(IMAGES.size);
    s3.destroy();
  });

  it('leaves long files out where it walks a tar', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024);
    await put('foreign/x.tar', tarOf(['a.jpg', 'b.jpg', 'c.txt', 'd.jpg'].map((name) => [name, large])));
    const { s3, gets } = watchedClient();
    const { objects } = await planned('foreign/', { s3 });
    expect(objects.map(({ key, shard }) => [key, shard?.offset])).toEqual([
      ['a.jpg', 512],
      ['b.jpg', 1024 + large.length],
      ['d.jpg', 2048 + 3 * large.length],
    ]);
    expect(gets).toHaveLength(5); // four headers and the end; the index is not there
    s3.destroy();
  });

  it('sorts the images where shards and objects are not in order', async () => {
    await put(
      'mixed/0.tar',
      tarOf([
        ['c.jpg', PNG],
        ['a.jpg', PNG],
      ]),
    );
    await put(
      'mixed/1.tar',
      tarOf([
        ['b.jpg', PNG],
        ['b.json', PNG],
      ]),
    );
    await put('mixed/z.jpg', PNG);
    await put('mixed/notes.txt', 'x');
    const { objects, result } = await planned('mixed/');
    expect(objects.map(({ key, shard }) => [key, shard?.key])).toEqual([
      ['a.jpg', 'mixed/0.tar'],
      ['b.jpg', 'mixed/1.tar'],
      ['c.jpg', 'mixed/0.tar'],
      ['mixed/z.jpg', undefined],
    ]);
    expect(result).toMatchObject({ images: 4, shards: 2, skipped: 2 });
  });

  it('tells files in shards by suffix or content as it does objects, and with `all` leaves tars closed', async () => {
    await put(
      'set/a.tar',
      tarOf([
        ['0', PNG],
        ['1', Buffer.from('text')],
        ['2.jpg', Buffer.from('text')],
        ['3', Buffer.alloc(0)],
      ]),
    );
    const keys = async (filter: 'suffix' | 'content' | 'all') => {
      const { objects, result } = await planned('set/', { filter });
      return { keys: objects.map(({ key }) => key), skipped: result.skipped, shards: result.shards };
    };
    expect(await keys('suffix')).toEqual({ keys: ['2.jpg'], skipped: 3, shards: 1 });
    expect(await keys('content')).toEqual({ keys: ['0', '2.jpg'], skipped: 2, shards: 1 });
    expect(await keys('all')).toEqual({ keys: ['set/a.tar'], skipped: 0, shards: 0 });
  });

  it('refuses an image that two shards have, and names both', async () => {
    await put(
      'twice/0.tar',
      tarOf([
        ['a.jpg', PNG],
        ['b.jpg', PNG],
      ]),
    );
    await put('twice/1.tar', tarOf([['a.jpg', PNG]]));
    const failure = planned('twice/');
    await expect(failure).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'user' });
    await expect(failure).rejects.toThrow(
      /a\.jpg is there twice, in twice\/0\.tar at byte 512 and in twice\/1\.tar/,
    );
  });

  it.each([
    ['a damaged tar', 'SHARD_DAMAGED', Buffer.alloc(2048, 'x'), 'bad/x.tar but at byte 0'],
    ['a tar that is cut off', 'SHARD_DAMAGED', tarOf([['a.jpg', PNG]]).subarray(0, 1024), 'at byte 1024'],
    ['a tar without images', 'NO_IMAGES', tarOf([['a.txt', PNG]]), 'the 1 files in 1 of them, have .txt (1)'],
  ])('refuses %s', async (_, code, tar, why) => {
    await put('bad/x.tar', tar);
    const failure = planned('bad/');
    await expect(failure).rejects.toMatchObject({ code, source: 'user' });
    await expect(failure).rejects.toThrow(why);
  });

  it('pins the tar: one that is written again is no longer the one that was planned', async () => {
    await put('packed/x.tar', tarOf([['a.jpg', PNG]]));
    const [object] = (await planned('packed/')).objects;
    const [tar] = await list('packed/');
    await put('packed/x.tar', tarOf([['a.jpg', Buffer.from('other')]]));
    await expect(get({ Key: 'packed/x.tar', IfMatch: object?.etag })).rejects.toThrow();
    if (tar === undefined) throw new Error('not listed');
    const cursor = new ObjectCursor({ s3: emulator.s3, bucket, object: tar });
    await expect(cursor.read(1)).rejects.toMatchObject({ code: 'OBJECT_CHANGED', source: 'user' });
  });

  it('does not trust an index that was copied beside another tar', async () => {
    await putLoose();
    await pack('packed/');
    await put('copy/000000.tar', tarOf([['new.jpg', PNG]]));
    const from = indexKey('packed/000000.tar');
    const copy = new CopyObjectCommand({
      Bucket: bucket,
      Key: indexKey('copy/000000.tar'),
      CopySource: `${bucket}/${from}`,
    });
    await emulator.s3.send(copy);
    expect((await planned('copy/')).objects.map(({ key }) => key)).toEqual(['new.jpg']);
  });
});
