import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../src/dataset/order.ts';

describe('compareKeys', () => {
  it('is the order of the UTF-8 bytes', () => {
    const keys = fc.string({ unit: 'binary', maxLength: 8 });
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('puts what is not in the basic plane last, unlike JavaScript', () => {
    const keys = ['😀', '\uffee', '\ue000', '\ud7ff', 'z', 'ab', 'a', ''];
    expect(keys.toSorted(compareKeys)).toEqual(keys.toReversed());
    expect(keys.toSorted()).not.toEqual(keys.toReversed());
  });
});
