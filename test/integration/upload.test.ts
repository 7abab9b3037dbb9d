import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readImageFolder } from '../../src/dataset/folder.ts';
import { listPages } from '../../src/dataset/s3-listing.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { type UploadOptions, type UploadProgress, uploadFiles } from '../../src/dataset/upload.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

let emulator: Emulator;
let dir: string;
let bucket: string;
let buckets = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-upload-'));
});
afterAll(async () => {
  await emulator?.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  buckets += 1;
  bucket = `upload-${buckets}`;
  await emulator.s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

async function upload(folder: string, changes: Partial<UploadOptions> = {}) {
  const { files } = await readImageFolder(folder);
  return uploadFiles({ s3: emulator.s3, bucket, prefix: 'set/', files, ...changes });
}

async function keys(): Promise<string[]> {
  const all: string[] = [];
  for await (const page of listPages({ s3: emulator.s3, bucket, prefix: '' }))
    all.push(...page.map(({ key }) => key));
  return all;
}

describe('uploadFiles', () => {
  it('puts a folder under a prefix, with its Content-Types and the very bytes', async () => {
    // Prepare
    const folder = join(dir, 'nasty');
    await mkdir(join(folder, 'a b', '😀'), { recursive: true });
    const files = { '1.jpg': 'one', 'a b/#2?.png': 'two', 'a b/😀/3%20+.tif': 'three' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);

    // Act
    const result = await upload(folder);

    // Assess
    expect(result).toEqual({ uploaded: 3, unchanged: 0, uploadedBytes: 11, others: 0, unusable: [] });
    const got = await Promise.all(
      (await keys()).map(async (Key) => {
        const { Body, ContentType } = await emulator.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return [Key, ContentType, await Body?.transformToString()];
      }),
    );
    expect(got).toEqual([
      ['set/1.jpg', 'image/jpeg', 'one'],
      ['set/a b/#2?.png', 'image/png', 'two'],
      ['set/a b/😀/3%20+.tif', 'image/tiff', 'three'],
    ]);
  });

  it('sends again only what is new or has changed, also where the size is the same', async () => {
    // Prepare
    const folder = join(dir, 'again');
    await mkdir(folder);
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, `${name}.jpg`), name);
    await upload(folder);
    await emulator.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'set/old.jpg', Body: Buffer.from('old') }),
    );

    // Act
    await writeFile(join(folder, 'b.jpg'), 'B');
    await writeFile(join(folder, 'd.jpg'), 'dd');
    const progress: UploadProgress[] = [];
    const result = await upload(folder, { onProgress: (told) => progress.push(told) });

    // Assess
    expect(result).toEqual({ uploaded: 2, unchanged: 2, uploadedBytes: 3, others: 1, unusable: [] });
    expect(progress.map(({ done }) => done)).toEqual([1, 2, 3, 4]);
    expect(progress.at(-1)).toEqual({ done: 4, total: 4, bytes: 5 });
    const { Body } = await emulator.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'set/b.jpg' }));
    expect(await Body?.transformToString()).toBe('B');
  });

  it('puts over a page of sample digits, and finds all of them unchanged the next time', async () => {
    const { folder } = await makeSample('digits', dir, { count: 1_200 });
    expect(await upload(folder)).toMatchObject({ uploaded: 1_200, unchanged: 0, others: 0 });
    expect(await upload(folder)).toMatchObject({
      uploaded: 0,
      unchanged: 1_200,
      uploadedBytes: 0,
      others: 0,
    });
    expect(await keys()).toHaveLength(1_200);
  });

  it('leaves out a file that is gone by now, and names it', async () => {
    const folder = join(dir, 'gone');
    await mkdir(folder);
    for (const name of ['a', 'b']) await writeFile(join(folder, `${name}.jpg`), name);
    const { files } = await readImageFolder(folder);
    await rm(join(folder, 'a.jpg'));
    const result = await uploadFiles({ s3: emulator.s3, bucket, prefix: 'set/', files });
    expect(result).toMatchObject({ uploaded: 1, unusable: [{ key: 'a.jpg' }] });
    expect(await keys()).toEqual(['set/b.jpg']);
  });

  it('stops with the reason of the signal', async () => {
    const { folder } = await makeSample('digits', dir, { count: 1_200 });
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = ({ done }: UploadProgress) => done === 20 && controller.abort(reason);
    await expect(upload(folder, { onProgress, signal: controller.signal })).rejects.toBe(reason);
    expect((await keys()).length).toBeLessThan(60);
  });

  it('refuses a missing bucket and a key that is too long', async () => {
    const { folder } = await makeSample('digits', dir, { count: 1_200 });
    await expect(upload(folder, { bucket: 'nowhere' })).rejects.toMatchObject({
      code: 'BUCKET_MISSING',
      source: 'user',
    });
    await expect(upload(folder, { prefix: 'é'.repeat(510) })).rejects.toMatchObject({
      code: 'KEY_TOO_LONG',
      source: 'user',
    });
    expect(await keys()).toEqual([]);
  });
});
