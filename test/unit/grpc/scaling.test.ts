import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Demand, desiredWorkers, finishSeconds } from '../../../src/grpc/scheduler/scaling.ts';

const demand: Demand = {
  batches: 1000,
  atOnce: 1000,
  rate: 1,
  secondsLeft: 100,
  secondsToEnd: 1000,
  bootSeconds: 0,
  workers: 0,
  booting: [],
  min: 0,
  max: 50,
};

describe('desiredWorkers', () => {
  it.each<[string, Partial<Demand>, number]>([
    ['as many as do the batches in time', {}, 10],
    ['more where they have yet to boot', { bootSeconds: 50 }, 20],
    ['none that would find the job done', { bootSeconds: 400, workers: 3 }, 3],
    ['none that would find the job stopped', { bootSeconds: 50, workers: 3, secondsToEnd: 50 }, 3],
    ['the most where the time cannot be kept', { bootSeconds: 100, workers: 3 }, 50],
    [
      'those on their way, as much as they will be there',
      { bootSeconds: 50, booting: [50, 50], workers: 9 },
      11,
    ],
    ['others beside those on their way', { bootSeconds: 50, booting: [40], workers: 8 }, 12],
    ['those that work before those on their way', { workers: 10, booting: [90, 90, 90, 90, 90] }, 13],
    ['what there is while no rate is known', { rate: 0, workers: 4 }, 4],
    ['one to learn the rate from', { rate: 0 }, 1],
    ['the most once the time is over', { secondsLeft: 0 }, 50],
    ['no more than can be done at once', { secondsLeft: 0, atOnce: 7 }, 7],
    ['the fewest when all is done', { batches: 0, workers: 9, min: 2 }, 2],
    ['the same while they are a little too many', { workers: 12 }, 12],
    ['fewer when they are far too many', { workers: 30 }, 13],
  ])('%s', (_, changes, wanted) => {
    expect(desiredWorkers({ ...demand, ...changes })).toBe(wanted);
  });

  it('stays in its limits, and does not fall as the work grows', () => {
    const demands = fc.record({
      batches: fc.nat(10_000),
      atOnce: fc.integer({ min: 1, max: 100 }),
      rate: fc.double({ min: 0, max: 50, noNaN: true }),
      secondsLeft: fc.double({ min: -10, max: 1000, noNaN: true }),
      secondsToEnd: fc.double({ min: -10, max: 1000, noNaN: true }),
      booting: fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 20 }),
      bootSeconds: fc.double({ min: 0, max: 300, noNaN: true }),
      workers: fc.nat(60),
      min: fc.nat(5),
      max: fc.integer({ min: 5, max: 60 }),
    });
    fc.assert(
      fc.property(demands, fc.nat(1000), (some, more) => {
        const count = desiredWorkers(some);
        expect(Number.isInteger(count)).toBe(true);
        expect(count).toBeGreaterThanOrEqual(some.min);
        expect(count).toBeLessThanOrEqual(some.max);
        expect(desiredWorkers({ ...some, batches: some.batches + more })).toBeGreaterThanOrEqual(count);
      }),
    );
  });
});

describe('finishSeconds', () => {
  it.each<[string, number, number[], number]>([
    ['is never without workers', 10, [], Number.POSITIVE_INFINITY],
    ['divides the work among those that are there', 100, [0, 0, 0, 0], 25],
    ['counts who comes later from then on', 100, [0, 20], 60],
    ['leaves out who comes too late', 100, [0, 0, 51], 50],
  ])('%s', (_, work, arrivals, seconds) => {
    expect(finishSeconds(work, arrivals)).toBe(seconds);
  });
});
