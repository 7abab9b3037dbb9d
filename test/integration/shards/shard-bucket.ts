import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { forEachConcurrent } from '../../../src/concurrency/for-each-concurrent.ts';
import { batchSchema, type DatasetObject } from '../../../src/contract/manifest.ts';
import { listPages } from '../../../src/dataset/s3-listing.ts';
import { packShards } from '../../../src/dataset/shards/pack.ts';
import { looseObjects } from '../../../src/dataset/shards/pack-source.ts';
import { type PlanOptions, plan } from '../../../src/plan/plan.ts';
import { type Emulator, startEmulator } from '../../support/emulator.ts';

export const RUNS = 'shard-runs';

/** Names that a tar or an index could stumble over, and bytes from none to a few blocks. */
export const IMAGES = new Map<string, Buffer>(
  [
    'a b/ 1 .jpg',
    'a b/é 😀.jpg',
    'empty.png',
    `${'x'.repeat(200)}.tif`,
    'line\u2028"\\quoted.gif',
    ...Array.from({ length: 30 }, (_, i) => `many/${i}.v2.jpg`),
  ].map((name, i) => [`loose/${name}`, Buffer.alloc(name === 'empty.png' ? 0 : 100 + 97 * i, name)]),
);

/** A bucket that is new for each test of a file, with an emulator of the file's own. */
export function shardBucket() {
  let emulator: Emulator;
  let bucket = '';
  let dir = '';
  let buckets = 0;
  let plans = 0;
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
      const input = { Key: shard?.key ?? key, IfMatch: etag, Range: range };
      found.set(key, empty ? Buffer.alloc(0) : await get(input));
    }
    return found;
  }
  /** Where it is, while a test runs. */
  const at = () => ({ s3: emulator.s3, bucket });
  const client = () => emulator.client;
  /** A folder of the file's own. */
  const folder = () => dir;
  return { at, client, folder, put, putLoose, get, list, pack, planned, bytesOf };
}
