import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../src/contract/manifest.ts';
import { failedRow } from '../../src/contract/row.ts';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';
import { chooseKernel } from '../../src/kernel/choose-kernel.ts';
import { createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { batchOf, type ImageBucket, plain, startImageBucket } from '../support/image-bucket.ts';

const kernel = createSharpKernel();
let bucket: ImageBucket;

beforeAll(async () => {
  bucket = await startImageBucket();
});
afterAll(() => bucket?.stop());

/** Images, some of them broken, as objects of their own and as members of a tar. */
async function bothWays(prefix: string, count: number) {
  const files = await Promise.all(
    Array.from({ length: count }, async (_, i): Promise<[string, Buffer]> => {
      const key = `${prefix}/${String(i).padStart(3, '0')}.png`;
      return [key, i % 7 === 3 ? Buffer.alloc(i % 2, 'x') : await plain(i)];
    }),
  );
  const loose = await Promise.all(files.map(([key, bytes]) => bucket.put(key, bytes)));
  const tar = tarOf(files);
  const { etag } = await bucket.put(`${prefix}.tar`, tar);
  const packed = files.map(([key, bytes]): DatasetObject => {
    // The header has the name; the data begin with the next block of 512 bytes.
    const offset = (Math.floor(tar.indexOf(key) / 512) + 1) * 512;
    return { key, size: bytes.length, etag, shard: { key: `${prefix}.tar`, offset } };
  });
  return { loose: batchOf(loose), packed: batchOf(packed) };
}

describe('runBatch of the members of a tar', () => {
  it('gives the rows of loose objects, from a few GETs', async () => {
    const { loose, packed } = await bothWays('same', 60);
    for (const by of [kernel, await chooseKernel()]) {
      const single = await bucket.measure(loose, { kernel: by });
      const together = await bucket.measure(packed, { kernel: by });
      expect(together.rows).toEqual(single.rows);
      expect({ bytes: together.bytes, errors: together.errors }).toEqual({ bytes: loose.bytes, errors: 9 });
    }
  });

  it('cuts the tar into slices that fit into the memory', async () => {
    const { loose, packed } = await bothWays('slices', 30);
    const sizes: number[] = [];
    const reader = Object.create(bucket.reader, {
      read: {
        value: (...args: Parameters<typeof bucket.reader.read>) => {
          sizes.push(args[0].size);
          return bucket.reader.read(...args);
        },
      },
    });
    const { rows } = await bucket.measure(packed, { kernel, reader, encodedBytes: 16_384 });
    expect(rows).toEqual((await bucket.measure(loose, { kernel })).rows);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
    expect(sizes.length).toBeLessThan(15);
  });

  it('makes a row of what the plan refused, and asks for nothing', async () => {
    const { packed } = await bothWays('refused', 7);
    const [first, second, ...rest] = packed.objects;
    if (first === undefined || second === undefined) throw new Error('Expected objects');
    const gone = {
      ...second,
      shard: { key: 'none.tar', offset: 512 },
      refused: 'SHARD_MEMBER_SPARSE',
    } as const;
    const tar = { key: 'refused', size: 0, etag: '"none"', refused: 'SHARD_DAMAGED' } as const;
    const whole = await bucket.measure(batchOf([first, ...rest]), { kernel });
    for (const by of [kernel, await chooseKernel()]) {
      const { rows, errors, gets } = await bucket.measure(batchOf([tar, first, gone, ...rest]), {
        kernel: by,
      });
      const [firstRow, ...others] = whole.rows;
      expect(rows).toEqual([
        failedRow('refused', 'SHARD_DAMAGED'),
        firstRow,
        failedRow(second.key, 'SHARD_MEMBER_SPARSE'),
        ...others,
      ]);
      expect({ errors, gets }).toEqual({ errors: whole.errors + 2, gets: whole.gets });
    }
  });

  it('makes a row of each member when the tar is gone or another one', async () => {
    const { packed } = await bothWays('gone', 3);
    const { etag } = await bucket.put('gone.tar', Buffer.alloc(10_240));
    const changed = await bucket.measure(packed, { kernel });
    expect(changed.rows).toEqual(packed.objects.map(({ key }) => failedRow(key, 'OBJECT_CHANGED')));
    const elsewhere = packed.objects.map((object) => ({
      ...object,
      etag,
      shard: { key: 'none.tar', offset: object.shard?.offset ?? 0 },
    }));
    const missing = await bucket.measure(batchOf(elsewhere), { kernel });
    expect(missing.rows).toEqual(packed.objects.map(({ key }) => failedRow(key, 'OBJECT_MISSING')));
  });
});
