import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ratioToDouble, rootRatioToDouble } from '../../../src/statistics/rational.ts';

const integer = fc.maxSafeNat();
const positive = integer.map((value) => value + 1).filter(Number.isSafeInteger);
/** Beyond what a double can hold. */
const big = fc.bigInt({ min: 1n, max: 2n ** 140n });

describe('ratioToDouble', () => {
  it('is the division of doubles where both numbers are doubles', () => {
    fc.assert(
      fc.property(integer, positive, (a, b) => {
        expect(ratioToDouble(BigInt(a), BigInt(b))).toBe(a / b);
        expect(ratioToDouble(BigInt(a) * 3n ** 90n, BigInt(b) * 3n ** 90n)).toBe(a / b);
      }),
    );
  });

  it('rounds what lies between two doubles to the nearer one, and a tie to the even one', () => {
    const odd = 2n ** 53n + 1n;
    expect(ratioToDouble(odd, 1n)).toBe(2 ** 53);
    expect(ratioToDouble(odd * 10n ** 30n + 1n, 10n ** 30n)).toBe(2 ** 53 + 2);
    expect(ratioToDouble(odd * 10n ** 30n - 1n, 10n ** 30n)).toBe(2 ** 53);
    expect(ratioToDouble(odd + 2n, 1n)).toBe(2 ** 53 + 4);
  });
});

describe('rootRatioToDouble', () => {
  it('is the square root of doubles where the number is one', () => {
    fc.assert(
      fc.property(integer, (a) => {
        expect(rootRatioToDouble(BigInt(a), 1n)).toBe(Math.sqrt(a));
      }),
    );
  });

  it('is within half of a last place of the true value', () => {
    fc.assert(
      fc.property(big, big, (a, b) => {
        // sqrt(a) / b lies between the middles to the doubles on both sides: squared, in integers.
        const [numerator, denominator, half] = exactly(rootRatioToDouble(a, b));
        const square = a * denominator ** 2n;
        expect(square).toBeGreaterThanOrEqual(((numerator - half) * b) ** 2n);
        expect(square).toBeLessThanOrEqual(((numerator + half) * b) ** 2n);
      }),
    );
  });

  it('of zero is zero', () => {
    expect(rootRatioToDouble(0n, 9n)).toBe(0);
    expect(ratioToDouble(0n, 9n)).toBe(0);
  });
});

/** A double as a fraction whose numerator has 54 bits, and half of its last place as that of the numerator. */
function exactly(value: number): [numerator: bigint, denominator: bigint, half: bigint] {
  const exponent = Math.floor(Math.log2(value)) - 53;
  const numerator = BigInt(value / 2 ** exponent);
  return exponent >= 0
    ? [numerator << BigInt(exponent), 1n, 1n << BigInt(exponent)]
    : [numerator, 1n << BigInt(-exponent), 1n];
}
