import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { type Batch, batchSchema } from '../../src/contract/manifest.ts';
import { writeManifest } from '../../src/plan/write.ts';
import { planBuckets, RUNS } from '../support/plan-buckets.ts';

const { read, emulator } = planBuckets();

describe('writeManifest', () => {
  /** 20 MB of batches, i.e. more than two parts, and then what `end` does. */
  async function* batches(end: () => Promise<void>): AsyncGenerator<Batch> {
    for (let batch = 0; batch < 100; batch += 1) {
      const key = `${String(batch).padStart(6, '0')}${'x'.repeat(200_000)}`;
      yield { batch, bytes: 1, objects: [{ key, size: 1, etag: '"e"' }] };
    }
    await end();
  }

  it('writes in parts what is too long for one', async () => {
    const key = 'parts/manifest.json';
    const totals = await writeManifest({
      s3: emulator().s3,
      bucket: RUNS,
      key,
      batches: batches(async () => {}),
    });
    expect(totals).toEqual({ batches: 100, items: 100, bytes: 100 });
    const written = batchSchema.array().parse(JSON.parse(await read(key)));
    expect(written.map(({ batch }) => batch)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('leaves neither an object nor parts when the batches fail in the middle', async () => {
    const key = 'failed/manifest.json';
    const reason = new Error('the listing broke');
    const pendingUploads = async () =>
      (await emulator().s3.send(new ListMultipartUploadsCommand({ Bucket: RUNS }))).Uploads ?? [];
    const failing = batches(async () => {
      expect(await pendingUploads()).toHaveLength(1);
      throw reason;
    });
    await expect(writeManifest({ s3: emulator().s3, bucket: RUNS, key, batches: failing })).rejects.toBe(
      reason,
    );
    const objects = await emulator().s3.send(new ListObjectsV2Command({ Bucket: RUNS, Prefix: 'failed/' }));
    expect(objects.KeyCount).toBe(0);
    expect(await pendingUploads()).toEqual([]);
  });
});
