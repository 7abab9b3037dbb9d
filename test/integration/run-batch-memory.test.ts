import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../src/contract/manifest.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import type { Kernel, Prepared } from '../../src/kernel/kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { imageRunner } from '../../src/workloads/image-runner.ts';
import { batchOf, type ImageBucket, startImageBucket } from '../support/image-bucket.ts';

const kernel = createSharpKernel();
let bucket: ImageBucket;
let loose: DatasetObject[];
let packed: DatasetObject[];

beforeAll(async () => {
  bucket = await startImageBucket();
  const files = await Promise.all(
    [1, 2, 3, 4].map(async (red): Promise<[string, Buffer]> => [`${red}.png`, await uncompressed(red)]),
  );
  loose = await Promise.all(files.map(([key, bytes]) => bucket.put(key, bytes)));
  const tar = tarOf(files);
  const { etag } = await bucket.put('x.tar', tar);
  packed = files.map(([key, bytes]) => {
    const offset = (Math.floor(tar.indexOf(key) / 512) + 1) * 512;
    return { key, size: bytes.length, etag, shard: { key: 'x.tar', offset } };
  });
});
afterAll(() => bucket?.stop());

/** An image of one colour in a file of 12 KB. */
function uncompressed(red: number): Promise<Buffer> {
  return sharp({ create: { width: 64, height: 64, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

/** The kernel, which keeps what it is given, with something around each measurement. */
function holding(
  kernel: Kernel,
  around: (measure: () => ReturnType<Prepared['measure']>, input: Buffer) => ReturnType<Prepared['measure']>,
) {
  const inputs: Buffer[] = [];
  const holder: Kernel = {
    name: 'holding',
    prepare: (input, key) => {
      inputs.push(input);
      const image = kernel.prepare(input, key);
      return {
        ...image,
        workingBytes: image.workingBytes,
        measure: (operation) => around(() => image.measure(operation), input),
      };
    },
  };
  return { inputs, holder };
}

const lengths = (inputs: readonly Buffer[]) => inputs.map(({ length }) => length);

describe('the memory of what was fetched', () => {
  it.each(['loose', 'packed'])(
    'is given back once all images in it (%s) are done, and not before',
    async (how) => {
      // Prepare: the first image of a tar is done long before the last
      const before: number[] = [];
      const { inputs, holder } = holding(kernel, async (measure, input) => {
        const measured = await measure();
        before.push(input.length);
        return measured;
      });
      const objects = how === 'loose' ? loose : packed;

      // Act
      const { rows } = await bucket.measure(batchOf(objects), { kernel: holder, decodes: 1 });

      // Assess
      expect(rows.map((row) => 'max' in row && row.max?.[0])).toEqual([1, 2, 3, 4]);
      expect(before).toEqual(objects.map(({ size }) => size));
      expect(lengths(inputs)).toEqual([0, 0, 0, 0]);
    },
  );

  it('is read by the fastest kernel before it is given back', async () => {
    const fastest = await chooseKernel();
    const task = {
      operation: 'normalise',
      normalisation: { format: 'png', channels: 'all', quality: 90 },
    } as const;
    for (const objects of [loose, packed]) {
      const { rows } = await bucket.measure(batchOf(objects), { kernel: fastest, runner: imageRunner(task) });
      expect(rows).toEqual(
        (await bucket.measure(batchOf(loose), { kernel, runner: imageRunner(task) })).rows,
      );
    }
  });

  it('is left to garbage collection after an error: another job may still read it', async () => {
    const { inputs, holder } = holding(kernel, (measure) => measure());
    const broken: Kernel = { ...holder, measureAll: async () => Promise.reject(new RangeError('broken')) };
    await expect(bucket.measure(batchOf(packed), { kernel: broken })).rejects.toThrow('broken');
    expect(lengths(inputs)).toEqual(packed.map(({ size }) => size));
  });
});
