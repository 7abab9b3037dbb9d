import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectWriter } from '../../src/aws/object-writer.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import { S3Requests } from '../../src/aws/s3-requests.ts';
import { layout } from '../../src/contract/layout.ts';
import { failedRow } from '../../src/contract/row.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { work } from '../../src/worker/worker.ts';
import { batchOf, type ImageBucket, MIB, startImageBucket } from '../support/image-bucket.ts';

const RUNS = 'normalise-runs';
const LONG_KEY = `${'é'.repeat(450)}.png`;
const KEYS = [
  'a b/c#?+%25&=.png',
  'a b/c#?+%25&=',
  'it\'s "quoted".jpg',
  '../up.png',
  'x//y.png',
  '日本😀.tif',
];

let bucket: ImageBucket;
let requests: S3Requests;

beforeAll(async () => {
  bucket = await startImageBucket();
  requests = new S3Requests(s3Access(bucket.s3));
  await bucket.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
});
afterAll(async () => {
  requests?.close();
  await bucket?.stop();
});

it('a normalised image is written under its key, whatever that is, and again with the same bytes', async () => {
  // Prepare
  const pixels = Buffer.from([10, 20, 30, 60, 70, 80]);
  const image = await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const objects = await Promise.all([...KEYS, LONG_KEY].map((key) => bucket.put(key, image)));
  const broken = await bucket.put('broken.png', Buffer.from('no image'));
  const job = {
    runId: 'r',
    round: 2,
    bucket: bucket.bucket,
    requesterPays: false,
    kernel: 'auto' as const,
    runsBucket: RUNS,
    imageMemory: 1024,
    stage: null,
    workload: { name: 'normalise', params: { format: 'png', channels: 'each', quality: 90 } },
    batch: batchOf([...objects, broken]),
  };

  for (const worker of ['one', 'another']) {
    // Act
    const { counts, span } = await work(job, options(worker));

    // Assess
    const [files, types] = await filesOf(KEYS);
    for (const file of files)
      expect([...(await sharp(file).raw().toBuffer())]).toEqual([0, 0, 0, 255, 255, 255]);
    expect(new Set(types)).toEqual(new Set(['image/png']));
    expect(counts).toEqual({ batch: 3, items: 8, errors: 2 });
    expect(span.outputBytes).toBe(files.reduce((sum, { length }) => sum + length, 0));
    const rows = (await textOf(layout.result('r', 'serverless', 2, 3))).trim().split('\n');
    const parsed = rows.map((row) => JSON.parse(row));
    expect(parsed.map(({ key }) => key)).toEqual(job.batch.objects.map(({ key }) => key));
    expect(parsed).toContainEqual(failedRow(LONG_KEY, 'OUTPUT_KEY_TOO_LONG'));
    expect(parsed).toContainEqual(failedRow('broken.png', 'NOT_AN_IMAGE'));
    expect(new Set(parsed.map(({ output }) => output?.sha256)).size).toBe(2);
  }
});

it('without its file an image has no row: the batch fails and is done again', async () => {
  // Prepare
  const image = await bucket.put(
    'fine.png',
    await sharp(Buffer.alloc(12), { raw: { width: 2, height: 2, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const job = {
    runId: 'fails',
    round: 0,
    bucket: bucket.bucket,
    requesterPays: false,
    kernel: 'auto' as const,
    runsBucket: RUNS,
    imageMemory: 1024,
    stage: null,
    workload: { name: 'normalise', params: { format: 'npy', channels: 'all', quality: 90 } },
    batch: batchOf([image]),
  };
  const store = new ObjectWriter(requests, 'no-such-bucket');
  // Act, assess
  await expect(work(job, { ...options('one'), store })).rejects.toMatchObject({ code: 'NoSuchBucket' });
});

function options(worker: string) {
  return {
    reader: bucket.reader,
    kernel: createSharpKernel(),
    fetches: 4,
    decodes: 2,
    encodedBytes: MIB,
    decodedBytes: MIB,
    store: new ObjectWriter(requests, RUNS),
    worker,
    queuedAt: 1_000,
    startedAt: 2_000,
    coldStartMs: 0,
    clock: { epoch: () => 3_000, now: () => performance.now() },
    usage: () => ({ cpuMs: 5, rssPeakBytes: 7 }),
  };
}

async function filesOf(keys: readonly string[]): Promise<[files: Buffer[], types: (string | undefined)[]]> {
  const found = await Promise.all(
    keys.map((key) =>
      bucket.s3.send(
        new GetObjectCommand({ Bucket: RUNS, Key: layout.normalised('r', 'serverless', 2, key, 'png') }),
      ),
    ),
  );
  const files = await Promise.all(found.map(({ Body }) => Body?.transformToByteArray()));
  return [files.map((file) => Buffer.from(file ?? [])), found.map(({ ContentType }) => ContentType)];
}

async function textOf(key: string): Promise<string> {
  const { Body } = await bucket.s3.send(new GetObjectCommand({ Bucket: RUNS, Key: key }));
  return (await Body?.transformToString()) ?? '';
}
