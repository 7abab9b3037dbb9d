import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimals, dot } from '../../../../src/workloads/kmeans/inertia.ts';

it('products are added up exactly, however large', () => {
  const value = fc.oneof(fc.nat(255), fc.integer({ min: 0, max: 2 ** 40 }), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 40 }), (pairs) => {
      const exact = pairs.reduce((sum, [a, b]) => sum + BigInt(a) * BigInt(b), 0n);
      expect(
        dot(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        ),
      ).toBe(exact);
    }),
    { numRuns: 500 },
  );
});

it.each([
  [0n, 1n, '0.000000'],
  [1n, 3n, '0.333333'],
  [2n, 3n, '0.666667'],
  [1n, 2_000_000n, '0.000001'],
  [1n, 2_000_001n, '0.000000'],
  [3n, 2_000_000n, '0.000002'],
  [10n ** 30n + 1n, 2n, `${'5'}${'0'.repeat(29)}.500000`],
])('%s / %s is rounded half up to %s', (numerator, denominator, text) => {
  expect(decimals(numerator, denominator)).toBe(text);
});
