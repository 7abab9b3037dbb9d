import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import { PackedPages } from '../../../src/plan/packed-pages.ts';
import { isAsked, pick } from '../../../src/plan/split.ts';

const places = (count: number) => Array.from({ length: count }, (_, place) => place);
const asked = (ask: number, count: number) => places(count).filter((place) => isAsked(place, ask, count));

describe('isAsked', () => {
  it('is so for every so manieth image, and for the last', () => {
    expect(asked(3, 10)).toEqual([3, 6, 9]);
    expect(asked(5, 10)).toEqual([1, 3, 5, 7, 9]);
    expect(asked(1, 4)).toEqual([3]);
    expect(asked(3, 4)).toEqual([1, 2, 3]);
  });

  it('is so for exactly as many as are to be asked, evenly spaced', () => {
    const counts = fc
      .integer({ min: 2, max: 3000 })
      .chain((count) =>
        fc.record({ count: fc.constant(count), ask: fc.integer({ min: 1, max: count - 1 }) }),
      );
    fc.assert(
      fc.property(counts, ({ count, ask }) => {
        const found = asked(ask, count);
        expect(found.length).toBe(ask);
        const gaps = found.slice(1).map((place, index) => place - (found[index] ?? 0));
        for (const gap of gaps) expect(Math.abs(gap - count / ask)).toBeLessThan(1);
      }),
    );
  });
});

describe('pick', () => {
  const object = (place: number): DatasetObject => ({ key: `${place}.png`, size: place, etag: `"${place}"` });
  const pages = [[0, 1, 2], [], [3], [4, 5, 6, 7, 8, 9]].map((page) => page.map(object));

  it('divides all pages, wherever one ends', async () => {
    const packed = await PackedPages.of(pages, 10, () => new Error('too many'));
    const picked = (isAsked: boolean) => [...pick(packed.pages(), isAsked, 3, packed.count)].flat();
    expect(picked(true)).toEqual([3, 6, 9].map(object));
    expect(picked(false)).toEqual([0, 1, 2, 4, 5, 7, 8].map(object));
  });

  it('gets no more pages than may be held', async () => {
    await expect(PackedPages.of(pages, 9, () => new Error('too many'))).rejects.toThrow('too many');
  });
});
