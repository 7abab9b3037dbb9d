import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sweepOrder } from '../../../src/sweep/order.ts';
import { pointsOf } from '../../../src/sweep/point.ts';
import { resolveWorkload } from '../../../src/workloads/schemas.ts';
import { NORMALISE, STATS } from './sample.ts';

describe('pointsOf', () => {
  it('combines all with all, each once, worker counts ascending', () => {
    const points = pointsOf({
      workloads: [STATS, NORMALISE, resolveWorkload({ name: 'statistics' })],
      engines: ['daft'],
      workers: [4, 1, 4],
    });
    expect(points).toEqual([
      { workload: STATS, engine: 'daft', workers: 1 },
      { workload: STATS, engine: 'daft', workers: 4 },
      { workload: NORMALISE, engine: 'daft', workers: 1 },
      { workload: NORMALISE, engine: 'daft', workers: 4 },
    ]);
  });
});

describe('sweepOrder', () => {
  it('goes forwards, then backwards', () => {
    expect(sweepOrder(3, 3).map(({ round, point }) => `${round}.${point}`)).toEqual(
      '0.0 0.1 0.2 1.2 1.1 1.0 2.0 2.1 2.2'.split(' '),
    );
  });

  it('has every point once in every round, one round after the other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), (points, rounds) => {
        const order = sweepOrder(points, rounds);
        expect(order.map(({ round }) => round)).toEqual(order.map((_, i) => Math.floor(i / points)));
        for (let round = 0; round < rounds; round += 1) {
          const own = order.slice(round * points, (round + 1) * points).map(({ point }) => point);
          expect(own.toSorted((a, b) => a - b)).toEqual(Array.from({ length: points }, (_, i) => i));
        }
      }),
    );
  });

  it('lets even drift meet all points alike, over an even number of rounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 }), (points, pairs) => {
        const places = new Map<number, number>();
        for (const [at, { point }] of sweepOrder(points, 2 * pairs).entries()) {
          places.set(point, (places.get(point) ?? 0) + at);
        }
        expect(new Set(places.values()).size).toBe(1);
      }),
    );
  });
});
