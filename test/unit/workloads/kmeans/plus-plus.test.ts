import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/statistics/random.ts';
import { plusPlus } from '../../../../src/workloads/kmeans/plus-plus.ts';

const numbers = (...values: readonly number[]) => {
  const left = [...values];
  return () => left.shift() ?? expect.fail('no number is left');
};

describe('the choice of k-means++', () => {
  it('takes each with a probability in proportion to its squared distance', () => {
    const vectors = Uint8Array.of(0, 0, 3, 0, 3, 4);
    // Of 3 the first by 0; then 0, 9 and 25 of 34 are left: up to 9 the second, from 9 on the third.
    expect(plusPlus(vectors, 2, 2, numbers(0.33, 0)).taken).toEqual([0, 1]);
    expect(plusPlus(vectors, 2, 2, numbers(0.33, 8.99 / 34)).taken).toEqual([0, 1]);
    expect(plusPlus(vectors, 2, 2, numbers(0.33, 9.01 / 34)).taken).toEqual([0, 2]);
    expect(plusPlus(vectors, 2, 3, numbers(0.99, 0.5, 0.9)).taken).toEqual([2, 0, 1]);
  });

  it('takes the first ones where no others differ, and says how many do', () => {
    const vectors = Uint8Array.of(7, 5, 7, 5, 5);
    expect(plusPlus(vectors, 1, 4, numbers(0.5, 0.5))).toEqual({ taken: [2, 3, 0, 1], distinct: 2 });
    expect(plusPlus(Uint8Array.of(1, 1), 1, 2, numbers(0.5))).toEqual({ taken: [1, 0], distinct: 1 });
  });

  it('takes as many as are asked for, each once, and one that differs as long as there is one', () => {
    const vectors = fc.array(fc.tuple(fc.nat(3), fc.nat(255)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(vectors, fc.nat(2 ** 32 - 1), fc.nat(), (all, seed, some) => {
        const k = 1 + (some % all.length);
        const { taken, distinct } = plusPlus(Uint8Array.from(all.flat()), 2, k, seededRandom(seed));
        expect(new Set(taken).size).toBe(k);
        expect(taken.every((place) => place >= 0 && place < all.length)).toBe(true);
        const differ = new Set(all.map(String)).size;
        expect(new Set(taken.map((place) => String(all[place]))).size).toBe(Math.min(k, differ));
        expect(distinct).toBe(Math.min(k, differ));
        expect(plusPlus(Uint8Array.from(all.flat()), 2, k, seededRandom(seed)).taken).toEqual(taken);
      }),
      { numRuns: 200 },
    );
  });
});
