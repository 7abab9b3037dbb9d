import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile, spread } from '../../../src/statistics/median.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });

describe('median', () => {
  it.each([
    [[3], 3],
    [[4, 1], 2.5],
    [[9, 1, 5], 5],
    [[10, 2, 9, 1], 5.5],
  ])('of %j is %d, by value and not as text', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves its input as it is, and does not depend on its order', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (values) => {
        const before = [...values];
        expect(median(values)).toBe(median(values.toReversed()));
        expect(values).toEqual(before);
      }),
    );
  });

  it('refuses to be of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('quantile', () => {
  it('is in proportion between the nearest two, as numpy has it', () => {
    // numpy.quantile([1, 2, 4, 8], [0, 0.1, 0.5, 0.9, 1])
    const values = [0, 0.1, 0.5, 0.9, 1].map((part) => quantile([1, 2, 4, 8], part));
    [1, 1.3, 3, 6.8, 8].forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 12);
    });
  });

  it('is the same from either end', () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, part) => {
          const sorted = values.toSorted((a, b) => a - b);
          const mirrored = sorted.map((value) => -value).reverse();
          expect(quantile(mirrored, 1 - part)).toBeCloseTo(-quantile(sorted, part), 3);
        },
      ),
    );
  });
});

describe('spread', () => {
  it('gives the middle, the least and the most, in any order of the values', () => {
    expect(spread([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  });

  it('takes the middle between two where the count is even', () => {
    expect(spread([1, 2, 4, 100])).toEqual({ median: 3, min: 1, max: 100 });
  });

  it('refuses to tell anything of no values', () => {
    expect(() => spread([])).toThrow('at least one value');
  });
});
