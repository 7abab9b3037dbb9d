import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalingOf } from '../../../src/sweep/scaling.ts';

const base = { workers: 1, ms: 1000 };

describe('scalingOf', () => {
  it.each([
    ['ideal', 4, 250, { speedup: 4, efficiency: 1, serialFraction: 0 }],
    ['no gain', 4, 1000, { speedup: 1, efficiency: 0.25, serialFraction: 1 }],
    ['a fifth that is serial', 4, 400, { speedup: 2.5, efficiency: 0.625, serialFraction: 0.2 }],
  ])('%s', (_, workers, ms, expected) => {
    const { speedup, efficiency, serialFraction } = scalingOf(base, { workers, ms });
    expect(speedup).toBeCloseTo(expected.speedup, 12);
    expect(efficiency).toBeCloseTo(expected.efficiency, 12);
    expect(serialFraction).toBeCloseTo(expected.serialFraction, 12);
  });

  it('counts workers by those of the base', () => {
    const scaling = scalingOf({ workers: 2, ms: 600 }, { workers: 6, ms: 200 });
    expect(scaling.speedup).toBeCloseTo(3, 12);
    expect(scaling.efficiency).toBeCloseTo(1, 12);
  });

  it('knows no serial fraction of the base itself', () => {
    expect(scalingOf(base, base)).toEqual({ speedup: 1, efficiency: 1, serialFraction: null });
  });

  it('finds the serial fraction of any program that obeys Amdahl', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 256 }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (serial, workers, ms) => {
          const found = scalingOf(
            { workers: 1, ms },
            { workers, ms: ms * (serial + (1 - serial) / workers) },
          );
          expect(found.serialFraction).toBeCloseTo(serial, 6);
        },
      ),
    );
  });

  it.each([
    [{ workers: 0, ms: 1 }, base],
    [base, { workers: 2, ms: 0 }],
  ])('refuses %j and %j', (one, other) => {
    expect(() => scalingOf(one, other)).toThrow(RangeError);
  });
});
