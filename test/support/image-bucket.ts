import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { createS3 } from '../../src/aws/s3.ts';
import { s3Access } from '../../src/aws/s3-access.ts';
import type { Batch, DatasetObject } from '../../src/contract/manifest.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { type RunBatchOptions, runBatch } from '../../src/worker/run-batch.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import { type Emulator, startEmulator } from './emulator.ts';

export const MIB = 1024 * 1024;

export type ImageBucket = {
  readonly bucket: string;
  readonly s3: S3Client;
  /** What a client of another program needs. */
  readonly client: Emulator['client'];
  readonly reader: ObjectReader;
  readonly put: (key: string, body: Buffer) => Promise<DatasetObject>;
  /** Measure a batch of this bucket: the maximum, with room enough, unless it is changed. */
  readonly measure: (
    batch: Batch,
    changes: Partial<RunBatchOptions> & Pick<RunBatchOptions, 'kernel'>,
  ) => ReturnType<typeof runBatch>;
  readonly stop: () => Promise<void>;
};

/** A bucket for images in an offline AWS of its own. */
export async function startImageBucket(bucket = 'measure-data'): Promise<ImageBucket> {
  const emulator = await startEmulator();
  const s3 = createS3(emulator.client);
  const reader = new ObjectReader(s3Access(s3));
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    bucket,
    s3,
    client: emulator.client,
    reader,
    put: async (key, body) => {
      const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      return { key, size: body.length, etag: ETag };
    },
    measure: (batch, changes) =>
      runBatch({
        reader,
        bucket,
        batch,
        runner: imageRunner({ operation: 'max' }),
        fetches: 8,
        decodes: 2,
        encodedBytes: 64 * MIB,
        decodedBytes: 64 * MIB,
        imageBytes: 1024 * MIB,
        now: () => performance.now(),
        ...changes,
      }),
    stop: async () => {
      reader.close();
      s3.destroy();
      await emulator.stop();
    },
  };
}

export function batchOf(objects: readonly DatasetObject[]): Batch {
  const sorted = objects.toSorted((a, b) => compareKeys(a.key, b.key));
  return { batch: 3, bytes: sorted.reduce((sum, { size }) => sum + size, 0), objects: sorted };
}

/** An image of one colour, which says by itself what its row must be. */
export function plain(red: number, size = 8): Promise<Buffer> {
  return sharp({ create: { width: size, height: size, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();
}

/** The kernel, with a look at each image before it is measured and when it is. */
export function watch(
  kernel: Kernel,
  around: (
    measure: () => ReturnType<ReturnType<Kernel['prepare']>['measure']>,
    bytes: {
      readonly input: number;
      readonly working: number;
    },
  ) => ReturnType<ReturnType<Kernel['prepare']>['measure']>,
  prepared: (input: number) => void = () => {},
): Kernel {
  return {
    name: 'watched',
    prepare: (input, key) => {
      prepared(input.length);
      const image = kernel.prepare(input, key);
      return {
        key,
        workingBytes: image.workingBytes,
        mostBytes: (product) => image.mostBytes(product),
        measure: (operation) =>
          around(() => image.measure(operation), { input: input.length, working: image.workingBytes }),
        normalisingBytes: (normalisation) => image.normalisingBytes(normalisation),
        normalise: (normalisation) => image.normalise(normalisation),
        histogram: () => image.histogram(),
        approximate: () => image.approximate(),
        pixelsBytes: image.pixelsBytes,
        pixels: () => image.pixels(),
        tensorBytes: (recipe) => image.tensorBytes(recipe),
      };
    },
  };
}
