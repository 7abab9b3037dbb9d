import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossings } from '../../../src/model/crossings.ts';

const curve = (arm: 'serverless' | 'fleet', of: (items: number) => number, sizes = [1e3, 1e4, 1e5, 1e6]) => ({
  arm,
  points: sizes.map((items) => ({ items, seconds: of(items), usd: 1, limit: 'x' })),
});

describe('crossings', () => {
  it('finds where curves of powers cross, between two sizes', () => {
    // x and 100 x^(1/2) cross at 10^4; moved by a factor, off the grid.
    const [found, ...others] = crossings([
      curve('serverless', (items) => 3 * items),
      curve('fleet', (items) => 300 * 5 ** 0.5 * items ** 0.5),
    ]);
    expect(found).toMatchObject({ what: 'seconds', below: 'serverless', above: 'fleet' });
    expect(found?.items).toBeCloseTo(5e4, 0);
    expect(others).toEqual([]);
  });

  it('finds it at a size of the curves, once', () => {
    const found = crossings([curve('serverless', (items) => items), curve('fleet', () => 1e4)]);
    expect(found).toHaveLength(1);
    expect(found[0]?.items).toBeCloseTo(1e4, 3);
  });

  it('takes curves that only touch, or are the same, for none that cross', () => {
    const touching = curve('fleet', (items) => (items === 1e4 ? 1e4 : 1e9));
    expect(crossings([curve('serverless', (items) => items), touching])).toEqual([]);
    expect(crossings([curve('serverless', () => 5), curve('fleet', () => 5)])).toEqual([]);
  });

  it('is between the sizes where the order changes, and says who is below and above', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(values, values, (first, second) => {
        const at = (all: readonly number[]) => (items: number) => all[Math.log10(items) - 3] ?? 1;
        const found = crossings([curve('serverless', at(first)), curve('fleet', at(second))]);
        const signs = first.map((value, index) => Math.sign(value - (second[index] ?? 0))).filter(Boolean);
        expect(found).toHaveLength(
          signs.filter((sign, index) => index > 0 && sign !== signs[index - 1]).length,
        );
        for (const { items, below, above } of found) {
          expect(items).toBeGreaterThanOrEqual(1e3 * (1 - 1e-9));
          expect(items).toBeLessThanOrEqual(1e6 * (1 + 1e-9));
          expect(below).not.toBe(above);
        }
      }),
    );
  });
});
