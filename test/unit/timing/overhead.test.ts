import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concurrencyOf, idleOf, withLost } from '../../../src/timing/overhead.ts';

describe('concurrencyOf', () => {
  it('has the peak of a count at every start', () => {
    const interval = fc
      .tuple(fc.nat(50), fc.nat(20))
      .map(([from, length]) => ({ from, to: from + length + 1 }));
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 25 }), (intervals) => {
        const open = intervals.map(
          ({ from }) => intervals.filter((o) => o.from <= from && from < o.to).length,
        );
        expect(concurrencyOf(intervals, { from: 0, to: 100 }).peak).toBe(Math.max(0, ...open));
      }),
    );
  });

  it('finds all idle time of as many slots as the peak', () => {
    const interval = fc.tuple(fc.nat(50), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 25 }), (intervals) => {
        const window = { from: 0, to: 100 };
        const { peak, slotTime } = concurrencyOf(intervals, window);
        const idle = idleOf(slotTime, peak);
        const busy = intervals.reduce((sum, { from, to }) => sum + to - from, 0);
        expect(idle.atStart + idle.between + idle.atEnd).toBe(100 * peak - busy);
        expect(Math.min(idle.atStart, idle.between, idle.atEnd)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('withLost', () => {
  it('takes what lost batches may have used from all idle time alike, and no more than there is', () => {
    const idle = { atStart: 100, between: 200, atEnd: 700 };
    expect(withLost(idle, 0)).toEqual({ idle, unmeasured: 0 });
    expect(withLost(idle, 500)).toEqual({ idle: { atStart: 50, between: 100, atEnd: 350 }, unmeasured: 500 });
    expect(withLost(idle, 5000)).toEqual({ idle: { atStart: 0, between: 0, atEnd: 0 }, unmeasured: 1000 });
  });
});
