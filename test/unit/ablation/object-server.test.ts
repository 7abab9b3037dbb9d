import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectServer } from '../../../src/ablation/object-server.ts';
import { createS3 } from '../../../src/aws/s3.ts';

const Bucket = 'images';
let server: ObjectServer;
let s3: S3Client;

const client = (accessKeyId: string, secretAccessKey: string) =>
  createS3({
    endpoint: server.store.endpoint,
    region: server.store.region,
    credentials: { accessKeyId, secretAccessKey },
  });

beforeAll(async () => {
  const bytes = (text: string) => ({ size: text.length, read: () => Buffer.from(text) });
  const objects = new Map(
    ['images/b.jpg', 'images/a&b.jpg', 'images/c/1.jpg', 'images/c/2.jpg', 'other'].map(
      (key) => [key, bytes(`bytes of ${key}`)] as const,
    ),
  );
  server = await ObjectServer.start(objects, { loosePrefix: 'images/' });
  s3 = client(server.store.accessKey, server.store.secretKey);
});
afterAll(async () => {
  s3.destroy();
  await server.stop();
});

const text = async (Key: string, Range?: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, Range }))).Body?.transformToString();
const list = (options: object) =>
  s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'images/', ...options }));

describe('ObjectServer', () => {
  it('lists in the order of S3, page by page, and by folders', async () => {
    const all = ['images/a&b.jpg', 'images/b.jpg', 'images/c/1.jpg', 'images/c/2.jpg'];
    expect((await list({})).Contents?.map(({ Key }) => Key)).toEqual(all);
    const first = await list({ MaxKeys: 3 });
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    const rest = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
    expect(rest).toMatchObject({ IsTruncated: false, Contents: [{ Key: 'images/c/2.jpg', Size: 23 }] });
    const folders = await list({ Delimiter: '/' });
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'images/c/' }]);
    expect(folders.Contents).toHaveLength(2);
  });

  it.each([
    [undefined, 'bytes of images/b.jpg'],
    ['bytes=0-4', 'bytes'],
    ['bytes=9-', 'images/b.jpg'],
    ['bytes=-4', '.jpg'],
    ['bytes=15-1000', '/b.jpg'],
  ])('gives %j of an object', async (range, expected) => {
    expect(await text('images/b.jpg', range)).toBe(expected);
  });

  it('takes what is put, at once or in parts, and deletes it', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'out/1', Body: 'one' }));
    expect(await text('out/1')).toBe('one');
    const body = Buffer.alloc(11 * 1024 * 1024, 'many bytes');
    await new Upload({ client: s3, params: { Bucket, Key: 'out/2', Body: body } }).done();
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'out/2' }));
    expect(ContentLength).toBe(body.length);
    expect(Buffer.from((await text('out/2')) ?? '').equals(body)).toBe(true);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'out/1' }));
    await expect(text('out/1')).rejects.toThrow('There is no such object.');
  });

  it('counts requests by their prices, and the bytes that were got', async () => {
    const before = server.requests();
    await list({});
    await text('images/b.jpg', 'bytes=0-4');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'out/3', Body: 'three' }));
    const after = server.requests();
    expect([after.puts - before.puts, after.gets - before.gets, after.bytesRead - before.bytesRead]).toEqual([
      2, 1, 5,
    ]);
  });

  it('answers nobody without its access key, and has no other bucket', async () => {
    const stranger = client('somebody', 'else');
    await expect(stranger.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(
      'The access key is not',
    );
    stranger.destroy();
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'others' }))).rejects.toThrow(
      'There is one bucket.',
    );
  });
});
