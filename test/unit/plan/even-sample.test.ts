import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EvenSample } from '../../../src/plan/even-sample.ts';

it('keeps the first item and others at equal distances, at least half of what it may', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(2_000), (most, count) => {
      const sample = new EvenSample<number>(most);
      for (let item = 0; item < count; item += 1) sample.add(item);
      const { items } = sample;
      const every = (items[1] ?? 1) - (items[0] ?? 0);
      expect(items).toEqual(Array.from({ length: Math.ceil(count / every) }, (_, place) => place * every));
      expect(items.length).toBeLessThanOrEqual(most);
      expect(items.length).toBeGreaterThanOrEqual(Math.min(count, Math.ceil(most / 2)));
    }),
  );
});
