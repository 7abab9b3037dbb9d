import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectReader } from '../../src/aws/object-reader.ts';
import { isFailed } from '../../src/contract/row.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import { batchOf, type ImageBucket, plain, startImageBucket, watch } from '../support/image-bucket.ts';
import { refuse, respond, startScriptedServer } from '../support/scripted-server.ts';

const kernel = createSharpKernel();
let bucket: ImageBucket;

beforeAll(async () => {
  bucket = await startImageBucket();
});
afterAll(() => bucket?.stop());

describe('runBatch', () => {
  it('keeps within its budgets of bytes, decodes and fetches, and overlaps what they allow', async () => {
    // Prepare: images that take 1 unit each when decoded
    const objects = await Promise.all(
      Array.from({ length: 24 }, async (_, i) =>
        bucket.put(`many/${String(i).padStart(2, '0')}.png`, await plain(i, 64)),
      ),
    );
    const batch = batchOf(objects);
    const size = Math.max(...objects.map((object) => object.size));
    const now = { encoded: 0, decoding: 0, decoded: 0 };
    const most = { encoded: 0, decoding: 0, decoded: 0 };
    const raise = () => {
      for (const key of ['encoded', 'decoding', 'decoded'] as const)
        most[key] = Math.max(most[key], now[key]);
    };
    const watched = watch(
      kernel,
      async (measure, { input, working }) => {
        now.decoding += 1;
        now.decoded += working;
        raise();
        // Until there is one beside it, and then long enough for the next ones to be fetched meanwhile.
        const until = performance.now() + 30_000;
        do await wait(10);
        while (most.decoding < 2 && performance.now() < until);
        const measured = await measure();
        now.decoding -= 1;
        now.decoded -= working;
        now.encoded -= input;
        return measured;
      },
      (input) => {
        now.encoded += input;
        raise();
      },
    );
    const one = kernel.prepare(await plain(1, 64), 'k').workingBytes;

    // Act
    const wide = await bucket.measure(batch, {
      kernel: watched,
      decodes: 3,
      encodedBytes: 6 * size,
      decodedBytes: 100 * one,
    });
    const peaks = { ...most };
    Object.assign(most, { encoded: 0, decoding: 0, decoded: 0 });
    const narrow = await bucket.measure(batch, {
      kernel: watched,
      decodes: 8,
      encodedBytes: 100 * size,
      decodedBytes: 2 * one,
    });

    // Assess
    expect(peaks.decoding).toBeLessThanOrEqual(3);
    expect(peaks.decoding).toBeGreaterThan(1);
    expect(peaks.encoded).toBeLessThanOrEqual(6 * size);
    expect(peaks.encoded).toBeGreaterThan(size);
    expect(most.decoded).toBe(2 * one);
    expect(narrow.rows).toEqual(wide.rows);
    expect(now).toEqual({ encoded: 0, decoding: 0, decoded: 0 });
  });

  it('measures an image that is larger than both budgets, alone', async () => {
    const objects = [
      await bucket.put('large/1.png', await plain(1, 500)),
      await bucket.put('large/2.png', await plain(2, 500)),
    ];
    const { rows } = await bucket.measure(batchOf(objects), { kernel, encodedBytes: 1, decodedBytes: 1 });
    expect(rows.map((row) => !isFailed(row) && row.max?.[0])).toEqual([1, 2]);
  });

  it('makes a row of what takes too much memory, and asks for no file that is too large for any image', async () => {
    const MIB = 1024 * 1024;
    const small = await bucket.put('memory/a.png', await plain(1));
    const large = await bucket.put('memory/b.png', await plain(2, 4000));
    // Nothing is there: asked for, it would be OBJECT_MISSING.
    const missing = { key: 'memory/c.png', size: 6_000_000_000, etag: '"e"' };
    const packed = { ...missing, key: 'memory/d.png', shard: { key: 'memory/x.tar', offset: 512 } };
    const batch = batchOf([small, large, missing, packed]);
    const codes = async (imageBytes: number, operation: 'max' | 'histogram' = 'max') =>
      (await bucket.measure(batch, { kernel, imageBytes, runner: imageRunner({ operation }) })).rows.map(
        (row) => (isFailed(row) ? row.error.code : 'measured'),
      );
    const refused = 'TOO_MUCH_MEMORY';
    expect(await codes(40 * MIB)).toEqual(['measured', refused, refused, refused]);
    expect(await codes(40 * MIB, 'histogram')).toEqual(['measured', refused, refused, refused]);
    expect(await codes(1024 * MIB)).toEqual(['measured', 'measured', refused, refused]);
  });

  it('fails with the code of S3 when the bucket is not there', async () => {
    const batch = batchOf([{ key: 'k0', size: 1, etag: '"e"' }]);
    const failure = bucket.measure(batch, { kernel, bucket: 'no-such-bucket' });
    await expect(failure).rejects.toMatchObject({
      name: 'FanfleetError',
      code: 'NoSuchBucket',
      source: 'aws',
    });
    await expect(failure).rejects.toThrow('s3://no-such-bucket/k0');
  });

  it('asks for nothing more once it has failed, and nothing goes on when it throws', async () => {
    // Prepare
    const png = await plain(1);
    const good = respond(200, { ETag: '"e"' }, png);
    const server = await startScriptedServer([good, good, refuse(403, 'SignatureDoesNotMatch'), good]);
    const reader = new ObjectReader({
      region: async () => 'us-east-1',
      endpoint: async () => `http://127.0.0.1:${server.port}`,
      credentials: async () => ({ accessKeyId: 'k', secretAccessKey: 's' }),
    });
    const objects = Array.from({ length: 200 }, (_, i) => ({
      key: `k${String(i).padStart(3, '0')}`,
      size: png.length,
      etag: '"e"',
    }));
    let measuring = 0;
    const watched = watch(kernel, async (measure) => {
      measuring += 1;
      return measure().finally(() => {
        measuring -= 1;
      });
    });

    // Act
    const failure = bucket.measure(batchOf(objects), { kernel: watched, reader, fetches: 4 });

    // Assess
    await expect(failure).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(measuring).toBe(0);
    await expect.poll(() => server.open()).toBe(0);
    // Those up to the third, and what had been asked by then.
    expect(server.requests.length).toBeLessThan(10);
    reader.close();
    await server.stop();
  });

  it('hands each normalised image to be written, and decodes no more while too much waits for that', async () => {
    // Prepare
    const objects = await Promise.all(
      Array.from({ length: 12 }, async (_, i) =>
        bucket.put(`out/${String(i).padStart(2, '0')}.png`, await plain(i, 64)),
      ),
    );
    const batch = batchOf(objects);
    const normalisation = { format: 'npy', channels: 'all', quality: 90 } as const;
    const one = kernel.prepare(await plain(1, 64), 'k').normalisingBytes(normalisation);
    const fileBytes = 128 + 64 * 64 * 3 * 4;
    const written: string[] = [];
    let waiting = 0;
    let most = 0;
    const write = async (key: string, file: Buffer) => {
      expect(file).toHaveLength(fileBytes);
      waiting += 1;
      most = Math.max(most, waiting);
      await wait(20);
      waiting -= 1;
      written.push(key);
    };

    // Act
    const { rows, writeMs, loadMs, processMs } = await bucket.measure(batch, {
      kernel,
      runner: imageRunner({ operation: 'normalise', normalisation }),
      write,
      decodedBytes: one + fileBytes,
    });

    // Assess
    expect(rows.map((row) => 'output' in row)).toEqual(objects.map(() => true));
    expect(written.toSorted()).toEqual(batch.objects.map(({ key }) => key));
    expect(most).toBeLessThanOrEqual(1 + Math.ceil(one / fileBytes));
    for (const ms of [writeMs, loadMs, processMs]) expect(ms).toBeGreaterThan(0);
  });

  it('fails when an image cannot be written', async () => {
    const batch = batchOf([await bucket.put('unwritten.png', await plain(1))]);
    const normalisation = { format: 'png', channels: 'all', quality: 90 } as const;
    const write = async () => {
      throw new Error('the disk is full');
    };
    const failure = bucket.measure(batch, {
      kernel,
      runner: imageRunner({ operation: 'normalise', normalisation }),
      write,
    });
    await expect(failure).rejects.toThrow('the disk is full');
  });
});
