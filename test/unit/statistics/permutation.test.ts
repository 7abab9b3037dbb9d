import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinations, permutationTest, signFlipTest } from '../../../src/statistics/permutation.ts';
import { seededRandom } from '../../../src/statistics/random.ts';

const random = seededRandom(1);
const difference = fc.double({ min: -5, max: 5, noNaN: true });

describe('signFlipTest', () => {
  it.each([
    ['all of 7 in one direction: 2 of 128', [1, 2, 3, 4, 5, 6, 7], 2 / 128],
    ['as many in the other one', [-1, -2, -3, -4, -5, -6, -7], 2 / 128],
    // Sums as far from 0 as 5: ±(1 + 2 + 4), ±(-1 + 2 + 4) of 8
    ['one of 3 against the others', [-1, 2, 4], 4 / 8],
    ['no difference at all', [0, 0, 0, 0], 1],
    ['one pair, which says nothing', [3], 1],
    // 0.1 + 0.2 - 0.3 is 5.6e-17: as far from 0 as 0 is
    ['sums that are equal but for rounding', [0.1, 0.2, -0.3], 1],
  ])('%s', (_, differences, expected) => {
    expect(signFlipTest(differences, random)).toBe(expected);
  });

  it('equals the enumeration of all choices of signs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 9 }),
        (differences) => {
          const sums = differences.reduce((all, one) => all.flatMap((sum) => [sum + one, sum - one]), [0]);
          const observed = Math.abs(differences.reduce((sum, one) => sum + one, 0));
          const asFar = sums.filter((sum) => Math.abs(sum) >= observed).length;
          expect(signFlipTest(differences, random)).toBe(asFar / sums.length);
        },
      ),
    );
  });

  it('does not change with the direction, the unit or the order', () => {
    fc.assert(
      fc.property(fc.array(difference, { minLength: 1, maxLength: 10 }), (differences) => {
        const p = signFlipTest(differences, random);
        expect(
          signFlipTest(
            differences.map((one) => -one),
            random,
          ),
        ).toBe(p);
        expect(
          signFlipTest(
            differences.map((one) => one * 8),
            random,
          ),
        ).toBe(p);
        expect(signFlipTest(differences.toReversed(), random)).toBe(p);
        expect(p).toBeGreaterThanOrEqual(2 / 2 ** differences.length);
      }),
    );
  });

  it('draws where there are too many choices, and is near the exact value', () => {
    // Prepare: a 17th difference of nothing leaves the exact p-value as it is
    const differences = Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (1 + i / 20));

    // Act
    const exact = signFlipTest(differences, random);
    const drawn = signFlipTest([...differences, 0], seededRandom(3));

    // Assess: four standard errors of 19,999 draws
    expect(Math.abs(drawn - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 19_999));
  });

  it('is never 0, however sure it is', () => {
    expect(signFlipTest(Array(40).fill(1), random)).toBe(1 / 20_000);
  });
});

describe('permutationTest', () => {
  it.each([
    ['4 against 4, all apart: 2 of 70', [1, 2, 3, 4], [5, 6, 7, 8], 2 / 70],
    ['3 against 5, all apart: 1 of 56', [1, 2, 3], [14, 15, 16, 17, 18], 1 / 56],
    ['the same values', [1, 2], [1, 2], 1],
    ['one against one, which says nothing', [1], [9], 1],
  ])('%s', (_, a, b, expected) => {
    expect(permutationTest(a, b, random)).toBe(expected);
  });

  it('does not change with the direction or the order', () => {
    const sample = fc.array(difference, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const p = permutationTest(a, b, random);
        expect(permutationTest(b, a, random)).toBe(p);
        expect(permutationTest(a.toReversed(), b, random)).toBe(p);
        expect(p).toBeGreaterThanOrEqual(1 / combinations(a.length + b.length, a.length));
      }),
    );
  });

  it('draws where there are too many divisions: never 0, and 1 where nothing differs', () => {
    const low = Array.from({ length: 12 }, (_, i) => i / 100);
    expect(
      permutationTest(
        low,
        low.map((value) => value + 9),
        random,
      ),
    ).toBe(1 / 20_000);
    expect(permutationTest(Array(12).fill(1), Array(12).fill(1), random)).toBe(1);
  });

  it('refuses a sample without a value', () => {
    expect(() => permutationTest([], [1], random)).toThrow(RangeError);
  });
});
