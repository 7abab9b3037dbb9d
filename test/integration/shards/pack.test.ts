import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import { readImageFolder } from '../../../src/dataset/folder.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { type PackTotals, packShards } from '../../../src/dataset/shards/pack.ts';
import { localImages, looseObjects } from '../../../src/dataset/shards/pack-source.ts';
import { indexText } from '../../../src/dataset/shards/shard-index.ts';
import { membersOf } from '../../support/tars.ts';
import { IMAGES, shardBucket } from './shard-bucket.ts';

const { at, folder, put, putLoose, get, list, pack, planned, bytesOf } = shardBucket();

describe('packShards', () => {
  it('writes the same shards each time, from the bucket or from a folder, and no bytes are lost', async () => {
    // Prepare
    await putLoose();
    await put('loose/notes.txt', 'no image');
    const images = join(folder(), 'images');
    for (const [key, body] of IMAGES) {
      const path = join(images, key.slice('loose/'.length));
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, body);
    }

    // Act
    const told: PackTotals[] = [];
    const totals = await pack('one/', { onProgress: (progress) => told.push(progress) });
    await pack('two/');
    const source = localImages((await readImageFolder(images)).files, 'loose/');
    await packShards({ ...at(), source, to: 'three/', shardBytes: 16_384 });

    // Assess
    const bytes = [...IMAGES.values()].reduce((sum, { length }) => sum + length, 0);
    expect(totals).toEqual({ shards: 7, images: IMAGES.size, bytes, refused: [] });
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
    const { pages, read } = looseObjects({ ...at(), prefix: 'loose/' });
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
    const { Uploads = [] } = await at().s3.send(new ListMultipartUploadsCommand({ Bucket: at().bucket }));
    expect(Uploads).toEqual([]);
  });

  it('leaves out what S3 does not give, says why, and writes no shard of nothing', async () => {
    // Prepare
    await putLoose();
    const archived = ['loose/0.jpg', 'loose/1.jpg', 'loose/many/7.v2.jpg'];
    for (const Key of archived) {
      const command = {
        Bucket: at().bucket,
        Key,
        Body: Buffer.alloc(20_000),
        StorageClass: 'GLACIER',
      } as const;
      await at().s3.send(new PutObjectCommand(command));
    }

    // Act
    const { images, shards, refused } = await pack('packed/');

    // Assess
    expect(images).toBe(IMAGES.size - 1);
    expect(refused).toEqual([{ code: 'OBJECT_ARCHIVED', count: 3, examples: archived }]);
    const { objects } = await planned('packed/');
    expect(objects.map(({ key }) => key)).toEqual(
      [...IMAGES.keys()].filter((key) => key !== archived[2]).toSorted(compareKeys),
    );
    expect(await list('packed/')).toHaveLength(2 * shards);
  });

  it('leaves out images that are no longer those that were listed, and stops with the reason of the signal', async () => {
    await putLoose();
    const source = looseObjects({ ...at(), prefix: 'loose/' });
    const pages = (async function* () {
      for await (const page of source.pages) yield page.map((object) => ({ ...object, etag: '"other"' }));
    })();
    const { images, refused } = await pack('packed/', { source: { ...source, pages } });
    // Of an empty one there is nothing to read.
    expect(images).toBe(1);
    expect(refused).toMatchObject([{ code: 'OBJECT_CHANGED', count: IMAGES.size - 1 }]);
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = (totals: PackTotals) => totals.images === 3 && controller.abort(reason);
    await expect(pack('again/', { onProgress, signal: controller.signal })).rejects.toBe(reason);
  });
});
