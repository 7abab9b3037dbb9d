import { CopyObjectCommand, type GetObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { ObjectCursor } from '../../../src/dataset/shards/object-cursor.ts';
import { indexKey, indexText } from '../../../src/dataset/shards/shard-index.ts';
import { tarOf } from '../../../src/dataset/shards/tar-writer.ts';
import { encodeGreyPng } from '../../../src/kernel/png-writer.ts';
import { IMAGES, shardBucket } from './shard-bucket.ts';

const { at, client, put, putLoose, get, list, pack, planned, bytesOf } = shardBucket();
const PNG = encodeGreyPng(new Uint8Array(4), 2, 2);

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
      items: IMAGES.size,
      bytes: loose.result.bytes,
      shards: 7,
      skipped: 0,
    });
    expect(loose.result).toMatchObject({ shards: 0 });
    // And a byte of the first image, to see whether it is given.
    expect(gets.pop()).toBe('packed/000000.tar');
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
    expect(result).toMatchObject({ items: IMAGES.size, shards: 1, skipped: 0 });
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
    expect(gets).toHaveLength(6); // four headers, the end and a byte of an image; the index is not there
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
    expect(result).toMatchObject({ items: 4, shards: 2, skipped: 2 });
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

  it.each([
    ['a damaged tar', 'SHARD_DAMAGED', Buffer.alloc(2048, 'x'), 'bad/x.tar but at byte 0'],
    ['an empty tar', 'NO_IMAGES', Buffer.alloc(10_240), 'the 1 objects there, with the 0 files in 1 of them'],
    ['a tar without images', 'NO_IMAGES', tarOf([['a.txt', PNG]]), 'in 1 of them, have .txt (1: a.txt)'],
  ])('refuses a prefix with nothing but %s', async (_, code, tar, why) => {
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
    const cursor = new ObjectCursor({ ...at(), object: tar });
    await expect(cursor.read(1)).rejects.toMatchObject({ code: 'OBJECT_CHANGED', source: 'user' });
  });

  it('does not trust an index that was copied beside another tar', async () => {
    await putLoose();
    await pack('packed/');
    await put('copy/000000.tar', tarOf([['new.jpg', PNG]]));
    const from = indexKey('packed/000000.tar');
    const copy = new CopyObjectCommand({
      Bucket: at().bucket,
      Key: indexKey('copy/000000.tar'),
      CopySource: `${at().bucket}/${from}`,
    });
    await at().s3.send(copy);
    expect((await planned('copy/')).objects.map(({ key }) => key)).toEqual(['new.jpg']);
  });
});

/** A client that writes down the keys of its GETs, and can break their bodies. */
function watchedClient(breakAfter?: number) {
  const gets: string[] = [];
  const s3 = new S3Client({ ...client(), forcePathStyle: true });
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
