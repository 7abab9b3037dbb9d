import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import { cutIntoReads, memberOf } from '../../../src/dataset/reads.ts';

const loose = (key: string, size = 10): DatasetObject => ({ key, size, etag: `"${key}"` });
const member = (shard: string, offset: number, size: number, etag = '"tar"'): DatasetObject => ({
  key: `${shard}/${offset}`,
  size,
  etag,
  shard: { key: shard, offset },
});
const shape = (objects: DatasetObject[], sliceBytes = 1_000) =>
  cutIntoReads(objects, sliceBytes).map(({ key, offset, size, count }) => [key, offset, size, count]);

describe('cutIntoReads', () => {
  it('makes one GET of each object of its own', () => {
    expect(shape([loose('a'), loose('b', 0)])).toEqual([
      ['a', undefined, 10, 1],
      ['b', undefined, 0, 1],
    ]);
  });

  it('reads consecutive members of a tar together, up to the size of a slice', () => {
    const objects = [0, 1, 2, 3].map((i) => member('t', 512 + i * 400, 300));
    expect(shape(objects)).toEqual([
      ['t', 512, 700, 2],
      ['t', 1312, 700, 2],
    ]);
    expect(shape(objects, 10)).toHaveLength(4);
  });

  it.each([
    ['of another tar', [member('t', 512, 100), member('u', 1024, 100)]],
    ['of another version of the tar', [member('t', 512, 100), member('t', 1024, 100, '"new"')]],
    ['that lies before', [member('t', 1024, 100), member('t', 512, 100)]],
    ['that overlaps', [member('t', 512, 100), member('t', 600, 100)]],
    ['that lies far behind', [member('t', 512, 100), member('t', 90_000, 100)]],
    ['after an object of its own', [loose('t', 100), member('t', 1024, 100)]],
  ])('reads a member on its own: %s', (_, objects) => {
    expect(shape(objects, 1e9).map(([, , , count]) => count)).toEqual([1, 1]);
  });

  it('asks for a byte where a member has none', () => {
    expect(shape([member('t', 512, 0)])).toEqual([['t', 512, 1, 1]]);
    expect(shape([member('t', 512, 0), member('t', 1024, 5)])).toEqual([['t', 512, 517, 2]]);
    expect(shape([member('t', 512, 0), member('t', 512, 5)])).toEqual([['t', 512, 5, 2]]);
  });

  it('gives each member its bytes, in order, whatever the tar is like', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.nat(300), gap: fc.nat(20_000) }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 50_000 }),
        (members, sliceBytes) => {
          // Prepare
          let end = 0;
          const objects = members.map(({ size, gap }) => {
            const object = member('t', end + gap, size);
            end += gap + size;
            return object;
          });
          const tar = Buffer.from(Array.from({ length: end + 1 }, (_, i) => i % 251));

          // Act
          const reads = cutIntoReads(objects, sliceBytes);
          const got = reads.flatMap((read) =>
            objects.slice(read.first, read.first + read.count).map((object) => {
              const { offset = 0, size } = read;
              expect(read.count === 1 || size <= sliceBytes).toBe(true);
              return memberOf(read, object, tar.subarray(offset, offset + size));
            }),
          );

          // Assess
          expect(got).toEqual(
            objects.map(({ size, shard }) => tar.subarray(shard?.offset, (shard?.offset ?? 0) + size)),
          );
        },
      ),
    );
  });

  it('takes the whole body for an object of its own', () => {
    const [read] = cutIntoReads([loose('a', 3)], 100);
    if (read === undefined) throw new Error('Expected a read');
    expect(memberOf(read, loose('a', 3), Buffer.from('abc')).toString()).toBe('abc');
  });
});
