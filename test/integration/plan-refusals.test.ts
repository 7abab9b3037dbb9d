import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { forEachConcurrent } from '../../src/concurrency/for-each-concurrent.ts';
import { layout } from '../../src/contract/layout.ts';
import { batchSchema } from '../../src/contract/manifest.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { encodeGreyPng } from '../../src/kernel/png-writer.ts';
import { plan } from '../../src/plan/plan.ts';
import { openForeignBucket } from '../support/foreign-bucket.ts';
import { DATA, planBuckets } from '../support/plan-buckets.ts';

const { put, options, read, runKeys, emulator } = planBuckets();

describe('a plan over objects that S3 refuses', () => {
  const archived = (keys: readonly string[]) =>
    forEachConcurrent(keys, 16, async (Key) => {
      const command = { Bucket: DATA, Key, Body: 'x', StorageClass: 'GLACIER' } as const;
      await emulator().s3.send(new PutObjectCommand(command));
    });
  const objectsOf = async (manifestKey: string) =>
    batchSchema
      .array()
      .parse(JSON.parse(await read(manifestKey)))
      .flatMap(({ objects }) => objects);

  it('plans them like others, if one is given: a worker will say which are not', async () => {
    await archived(['some/0.jpg', 'some/1.jpg']);
    await put(['some/2.jpg']);
    const { items, requests } = await plan(options('some/'));
    expect({ items, gets: requests?.gets }).toEqual({ items: 3, gets: 3 });
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
    const foreign = await openForeignBucket(emulator().client, 'plan-denied', { denied: 'all' });
    for (const key of ['in/0.jpg', 'in/1.png']) await foreign.put(key, 'x');
    const failure = plan(options('in/', { dataBucket: foreign.bucket }));
    await expect(failure).rejects.toMatchObject({ code: 'ACCESS_DENIED', source: 'user' });
    await expect(failure).rejects.toThrow(
      /all 2 were denied: allow s3:GetObject .* kms:Decrypt .* S3 said: Access Denied/,
    );
    foreign.close();
  });

  it('says each reason where there are several', async () => {
    const foreign = await openForeignBucket(emulator().client, 'plan-refused', { denied: ['in/0.jpg'] });
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
    const { manifestKey, shards, items, bytes } = await plan(options('tars/'));
    expect(
      (await objectsOf(manifestKey)).map(({ key, shard, refused }) => [key, shard?.key, refused]),
    ).toEqual([
      ['tars/0.tar', undefined, 'OBJECT_ARCHIVED'],
      ['tars/1.tar/a.png', 'tars/1.tar', undefined],
      ['tars/2.tar', undefined, 'OBJECT_ARCHIVED'],
    ]);
    expect({ shards, items, bytes }).toEqual({ shards: 3, items: 3, bytes: PNG.length });
  });

  it('fails if all tars are refused', async () => {
    await archived(['cold-tars/0.tar', 'cold-tars/1.tar']);
    await expect(plan(options('cold-tars/'))).rejects.toMatchObject({ code: 'OBJECTS_REFUSED' });
  });
});
