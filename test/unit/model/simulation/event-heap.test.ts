import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventHeap } from '../../../../src/model/simulation/event-heap.ts';

const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.nat(1000)), { maxLength: 200 });

describe('EventHeap', () => {
  it('gives events back by time, those of one time by slot', () => {
    fc.assert(
      fc.property(events, (all) => {
        const heap = new EventHeap(all.length);
        for (const [time, slot] of all) heap.push(time, slot);
        const out: [number, number][] = [];
        while (heap.size > 0) {
          const time = heap.nextTime;
          out.push([time, heap.pop()]);
        }
        expect(out).toEqual(all.toSorted(([a, x], [b, y]) => a - b || x - y));
      }),
    );
  });

  it('refuses what it has no room for, and to give what it has not', () => {
    const heap = new EventHeap(1);
    expect(heap.nextTime).toBe(Number.POSITIVE_INFINITY);
    expect(() => heap.pop()).toThrow(RangeError);
    heap.push(1, 1);
    expect(() => heap.push(2, 2)).toThrow(RangeError);
  });
});
