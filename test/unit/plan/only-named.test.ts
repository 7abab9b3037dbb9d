import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import { compareKeys } from '../../../src/dataset/order.ts';
import { onlyNamed } from '../../../src/plan/only-named.ts';

const object = (key: string): DatasetObject => ({ key, size: 1, etag: '"e"' });

async function named(pages: readonly DatasetObject[][], keys: readonly string[]) {
  return (await Array.fromAsync(onlyNamed(pages, keys))).flat();
}

it('gives those that are named, and an error in the place of each that is not there', async () => {
  const pages = [['b', 'c'], [], ['d', 'f']].map((page) => page.map(object));
  const absent = { size: 0, etag: '', refused: 'KEY_NOT_FOUND' };
  expect(await named(pages, ['a', 'c', 'e', 'f', 'g', 'h'])).toEqual([
    { key: 'a', ...absent },
    object('c'),
    { key: 'e', ...absent },
    object('f'),
    { key: 'g', ...absent },
    { key: 'h', ...absent },
  ]);
});

it('gives each named key once and in order, however the listing is paged', async () => {
  const sorted = fc
    .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }), { maxLength: 30 })
    .map((keys) => keys.sort(compareKeys));
  await fc.assert(
    fc.asyncProperty(sorted, sorted, fc.integer({ min: 1, max: 7 }), async (there, keys, size) => {
      const pages = Array.from({ length: Math.ceil(there.length / size) }, (_, page) =>
        there.slice(page * size, (page + 1) * size).map(object),
      );
      const found = await named(pages, keys);
      expect(found.map(({ key }) => key)).toEqual(keys);
      const isThere = new Set(there);
      for (const { key, refused } of found)
        expect(refused).toBe(isThere.has(key) ? undefined : 'KEY_NOT_FOUND');
    }),
  );
});
