import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { ObjectReader } from '../../../src/aws/object-reader.ts';
import { isFailed } from '../../../src/contract/row.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';
import { loadBatch } from '../../../src/worker/load-batch.ts';

const [MIB, SIDE] = [1024 * 1024, 40];
const BAD = Buffer.from('no image');

/** Load images of one colour by their reds; null is one that cannot be decoded. */
async function load(reds: readonly (number | null)[]) {
  const images = await Promise.all(
    reds.map(async (r) => {
      if (r === null) return BAD;
      const create = { width: SIDE, height: SIDE, channels: 3 as const, background: { r, g: 0, b: 0 } };
      return sharp({ create }).png().toBuffer();
    }),
  );
  const objects = images.map((bytes, index) => ({
    ...{ key: `${100 + index}`, size: bytes.length },
    etag: createHash('md5').update(bytes).digest('hex'),
  }));
  const reader: Pick<ObjectReader, 'read'> = {
    read: async ({ key }) => ({ bytes: images[Number(key) - 100] ?? BAD }),
  };
  const { loaded } = await loadBatch(
    {
      ...{ reader: reader as ObjectReader, bucket: 'b', batch: { batch: 0, bytes: 0, objects } },
      ...{ fetches: 4, decodes: 2, encodedBytes: MIB, decodedBytes: MIB, imageBytes: 64 * MIB },
      ...{ kernel: createSharpKernel(), now: () => performance.now() },
    },
    { width: SIDE, height: SIDE },
  );
  const { length } = loaded.pixels;
  const found = Array.from(
    { length: length / (3 * SIDE ** 2) },
    (_, at) => loaded.pixels[at * 3 * SIDE ** 2],
  );
  expect(loaded.rows.map((row) => isFailed(row))).toEqual(reds.map((red) => red === null));
  return { found, bytes: loaded.pixels.buffer.byteLength / (3 * SIDE ** 2) };
}

it('leaves no place to images that failed, without the memory of a batch once more', async () => {
  expect(await load([1, 2, 3])).toEqual({ found: [1, 2, 3], bytes: 3 });
  expect(await load([null, 1, 2, null, 3, 4])).toEqual({ found: [1, 2, 3, 4], bytes: 6 });
  expect(await load([1, 2, null])).toEqual({ found: [1, 2], bytes: 3 });
});

it('gives the memory of a batch back of which few images are left', async () => {
  expect(await load([null, null, 7, null])).toEqual({ found: [7], bytes: 1 });
  expect(await load([null, null])).toMatchObject({ found: [] });
});
