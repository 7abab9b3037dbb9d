import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundOrder } from '../../../src/statistics/round-order.ts';

describe('roundOrder', () => {
  it('has every item once, and leaves the list as it was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.integer(), fc.nat(100), (items, seed, round) => {
        const before = [...items];

        const order = roundOrder(items, seed, round);

        expect(order.toSorted()).toEqual(items.toSorted());
        expect(items).toEqual(before);
      }),
    );
  });

  it('is the same for a seed and another one for each round', () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

    const rounds = [1, 2, 3, 4].map((round) => roundOrder(items, 7, round).join(''));

    expect(rounds).toEqual([1, 2, 3, 4].map((round) => roundOrder(items, 7, round).join('')));
    expect(new Set(rounds).size).toBe(4);
  });

  it('puts every item at every place about equally often', () => {
    const items = [0, 1, 2, 3];
    const first = [0, 0, 0, 0];

    for (let round = 0; round < 4000; round += 1) {
      const [item = 0] = roundOrder(items, 1, round);
      first[item] = (first[item] ?? 0) + 1;
    }

    for (const times of first) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });
});
