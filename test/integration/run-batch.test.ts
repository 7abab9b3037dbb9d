import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../src/contract/manifest.ts';
import { failedRow, type Row } from '../../src/contract/row.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import { batchOf, type ImageBucket, plain, startImageBucket, watch } from '../support/image-bucket.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ODD_KEYS = [
  'odd/a key with  spaces .png',
  'odd/hash#question?plus+percent%20amp&equals=.png',
  `odd/quotes"'back\\slash<tag>.png`,
  'odd/emoji 😀.png',
  'odd/é composed, e\u0301 decomposed.png',
  'odd/..png',
  `odd/${'x'.repeat(991)}.png`,
];

const kernel = createSharpKernel();
/** The native kernel takes part where its addon was built. */
const addon = loadAddon();

let folder: string;
let bucket: ImageBucket;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-measure-'));
  bucket = await startImageBucket();
  execFileSync(join(ROOT, '.venv/bin/python'), [join(ROOT, 'test/fixtures/odd_images.py'), folder]);
});
afterAll(async () => {
  await bucket?.stop();
  await rm(folder, { recursive: true, force: true });
});

const odd = (name: string) => readFile(join(folder, name));

describe('runBatch', () => {
  it('measures images whatever their keys are, and gives the rows in their order', async () => {
    // Prepare
    const objects = await Promise.all(ODD_KEYS.map(async (key, i) => bucket.put(key, await plain(i + 1))));
    const batch = batchOf(objects);

    // Act
    const { rows, bytes, errors } = await bucket.measure(batch, { kernel });

    // Assess
    const red = new Map(ODD_KEYS.map((key, i) => [key, i + 1]));
    expect(rows).toEqual(
      batch.objects.map(({ key }) => ({ key, width: 8, height: 8, channels: 3, max: [red.get(key), 0, 0] })),
    );
    expect({ bytes, errors }).toEqual({ bytes: batch.bytes, errors: 0 });
  });

  it('begins nothing more once nobody wants the batch any more', async () => {
    // Prepare
    const images = Array.from({ length: 30 }, async (_, i) =>
      bucket.put(`unwanted/${i}.png`, await plain(i)),
    );
    const batch = batchOf(await Promise.all(images));
    const unwanted = new AbortController();
    let begun = 0;
    const watched = watch(kernel, (measure) => {
      begun += 1;
      unwanted.abort(new Error('nobody wants it'));
      return measure();
    });

    // Act
    const measuring = bucket.measure(batch, { kernel: watched, decodes: 1, signal: unwanted.signal });

    // Assess
    await expect(measuring).rejects.toThrow('nobody wants it');
    expect(begun).toBe(1);
  });

  it.skipIf(addon === undefined)(
    'counts the images that the native kernel leaves to another one',
    async () => {
      // Prepare
      const names = ['static.gif', 'rgb.png', 'rgb.tif', 'rgb-444.jpg', 'lossy.webp', 'text.jpg'];
      const objects = await Promise.all(
        names.map(async (name) => bucket.put(`left/${name}`, await odd(name))),
      );
      const native = createNativeKernel(addon ?? expect.fail('no addon'));
      const normalisation = { format: 'npy', channels: 'all', quality: 90 } as const;
      const tasks = [
        { operation: 'stats' },
        { operation: 'histogram' },
        { operation: 'normalise', normalisation },
      ] as const;

      for (const task of tasks) {
        // Act
        const [own, portable] = [native, kernel].map((each) =>
          bucket.measure(batchOf(objects), { kernel: each, runner: imageRunner(task) }),
        );

        // Assess
        expect((await own)?.left, task.operation).toEqual({ sharp: 3 });
        expect((await portable)?.left, task.operation).toEqual({});
      }
    },
  );

  it('makes a row with its code of each image that cannot be measured, and does the rest', async () => {
    // Prepare
    const good = await plain(9);
    const objects = await Promise.all([
      bucket.put('bad/0-good.png', good),
      bucket.put('bad/1-text.jpg', await odd('text.jpg')),
      bucket.put('bad/2-empty.jpg', await odd('empty.jpg')),
      bucket.put('bad/3-cut.jpg', await odd('cut-in-scan.jpg')),
      bucket.put('bad/4-bomb.png', await odd('bomb.png')),
      bucket.put('bad/5-deleted.png', good),
      bucket.put('bad/6-changed.png', good),
      bucket.put('bad/7-cmyk.jpg', await odd('cmyk.jpg')),
      bucket.put('bad/8-good.png', good),
    ]);
    await bucket.s3.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: 'bad/5-deleted.png' }));
    await bucket.put('bad/6-changed.png', await plain(10));
    const told: string[] = [];

    // Act
    const { rows, errors } = await bucket.measure(batchOf(objects), {
      kernel,
      onFailure: (key) => told.push(key),
    });

    // Assess
    const goodRow = (key: string): Row => ({ key, width: 8, height: 8, channels: 3, max: [9, 0, 0] });
    expect(rows).toEqual([
      goodRow('bad/0-good.png'),
      failedRow('bad/1-text.jpg', 'NOT_AN_IMAGE'),
      failedRow('bad/2-empty.jpg', 'EMPTY_OBJECT'),
      failedRow('bad/3-cut.jpg', 'DECODE_FAILED'),
      failedRow('bad/4-bomb.png', 'TOO_MANY_PIXELS'),
      failedRow('bad/5-deleted.png', 'OBJECT_MISSING'),
      failedRow('bad/6-changed.png', 'OBJECT_CHANGED'),
      failedRow('bad/7-cmyk.jpg', 'UNSUPPORTED_COLOUR'),
      goodRow('bad/8-good.png'),
    ]);
    expect(errors).toBe(7);
    expect(told.filter((key) => key !== 'bad/3-cut.jpg')).toEqual([]);
  });

  it('makes a row of each object that S3 does not give, and of what the plan knows, and does the rest', async () => {
    // Prepare
    const good = await plain(9);
    const put = (key: string, changes: Partial<PutObjectCommandInput>) =>
      bucket.s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: key, Body: good, ...changes }));
    const ownKey = Buffer.alloc(32, 7);
    const odd: Readonly<Record<string, Partial<PutObjectCommandInput>>> = {
      'refused/1-glacier.png': { StorageClass: 'GLACIER' },
      'refused/2-deep.png': { StorageClass: 'DEEP_ARCHIVE' },
      'refused/3-instant.png': { StorageClass: 'GLACIER_IR' },
      'refused/4-own-key.png': {
        SSECustomerAlgorithm: 'AES256',
        SSECustomerKey: ownKey.toString('base64'),
        SSECustomerKeyMD5: hash('md5', ownKey, 'base64'),
      },
    };
    const objects: DatasetObject[] = [await bucket.put('refused/0-good.png', good)];
    for (const [key, changes] of Object.entries(odd)) {
      const { ETag: etag = '' } = await put(key, changes);
      objects.push({ key, size: good.length, etag });
    }
    objects.push({ key: 'refused/5.tar', size: 0, etag: '"e"', refused: 'OBJECT_DENIED' });

    // Act
    const { rows, errors, gets } = await bucket.measure(batchOf(objects), { kernel });

    // Assess
    const goodRow = (key: string): Row => ({ key, width: 8, height: 8, channels: 3, max: [9, 0, 0] });
    expect(rows).toEqual([
      goodRow('refused/0-good.png'),
      failedRow('refused/1-glacier.png', 'OBJECT_ARCHIVED'),
      failedRow('refused/2-deep.png', 'OBJECT_ARCHIVED'),
      goodRow('refused/3-instant.png'),
      failedRow('refused/4-own-key.png', 'OBJECT_ENCRYPTED'),
      failedRow('refused/5.tar', 'OBJECT_DENIED'),
    ]);
    expect({ errors, gets }).toEqual({ errors: 4, gets: 5 });
  });

  it('says what a decoder said of an image that looked well from outside', async () => {
    // Prepare: a good structure around pixels that are not
    const png = await plain(9, 64);
    const start = png.indexOf('IDAT') + 4;
    const objects = [
      await bucket.put(
        'told/broken.png',
        Buffer.concat([png.subarray(0, start), Buffer.alloc(8, 0xff), png.subarray(start + 8)]),
      ),
    ];
    const told: [string, string][] = [];

    // Act
    const { rows } = await bucket.measure(batchOf(objects), {
      kernel,
      onFailure: (...args) => told.push(args),
    });

    // Assess
    expect(rows).toEqual([failedRow('told/broken.png', 'DECODE_FAILED')]);
    for (const [key, detail] of told) expect([key, detail.length > 0]).toEqual(['told/broken.png', true]);
  });

  it('has nothing to say of no images', async () => {
    const { rows, errors } = await bucket.measure({ batch: 0, bytes: 0, objects: [] }, { kernel });
    expect({ rows, errors }).toEqual({ rows: [], errors: 0 });
  });
});
