import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimate } from '../../../src/model/estimate.ts';
import { simulate } from '../../../src/model/simulation/simulate.ts';
import { anySetup, setupOf } from './setups.ts';

describe('estimate', () => {
  it('is the number of waves where all slots are there at once', () => {
    expect(estimate(setupOf({ batches: 95, slots: 10, firstMs: 500, endMs: 300 })).wallMs).toBeCloseTo(
      500 + 10 * 1000 + 300,
      3,
    );
  });

  it('counts what each slot can do from when it is there', () => {
    // Slots 0 and 1 at 0 s, 2 at 1 s, 3 at 2 s: after 3 s they have done 3 + 3 + 2 + 1.
    const ramping = setupOf({ batches: 9, slots: 4, slotsAtOnce: 2, slotsPerSecond: 1 });
    expect(estimate(ramping).windowMs).toBeCloseTo(3000, 3);
    expect(estimate({ ...ramping, batches: 10 }).windowMs).toBeCloseTo(4000, 3);
  });

  it('never rises with more slots, more requests per second or a faster ramp', () => {
    fc.assert(
      fc.property(anySetup, fc.integer({ min: 1, max: 100 }), (setup, more) => {
        const { wallMs } = estimate(setup);
        for (const over of [
          { slots: setup.slots + more },
          { slotsAtOnce: setup.slotsAtOnce + more },
          { slotsPerSecond: setup.slotsPerSecond + more },
          { getsPerSecond: setup.getsPerSecond + more },
          { startsPerSecond: setup.startsPerSecond + more },
        ]) {
          expect(estimate({ ...setup, ...over }).wallMs).toBeLessThanOrEqual(wallMs * (1 + 1e-6));
        }
      }),
    );
  });

  it('never falls with more batches, and stops falling where the slots are more than the batches', () => {
    fc.assert(
      fc.property(anySetup, fc.integer({ min: 1, max: 500 }), (setup, more) => {
        const { wallMs } = estimate(setup);
        const larger = estimate({ ...setup, batches: setup.batches + more });
        expect(larger.wallMs).toBeGreaterThanOrEqual(wallMs * (1 - 1e-6));
        const enough = { ...setup, slots: setup.batches };
        expect(estimate({ ...enough, slots: setup.batches + more }).wallMs).toBeCloseTo(
          estimate(enough).wallMs,
          3,
        );
      }),
    );
  });

  it.each([
    ['concurrency', {}],
    ['batch size', { batches: 5 }],
    ['Lambda scale-up', { batches: 5000, slots: 1000, slotsAtOnce: 10, slotsPerSecond: 10 }],
    ['S3 GET rate', { getsPerSecond: 10 }],
    ['S3 PUT rate', { putsPerSecond: 2 }],
    ['S3 latency', { waitsForS3: true }],
    ['Express start rate', { startsPerSecond: 1 }],
    ['cold start', { slotStartMs: 50_000 }],
    [
      'instance boot',
      {
        firstMs: 90_000,
        hosts: { count: 5, slotsEach: 2, bootMs: 9, bootSpread: 0, interruptionsPerMs: 0, noticeMs: 0 },
      },
    ],
  ])('names %s as the limit', (limit, over) => {
    expect(estimate(setupOf(over)).limit).toBe(limit);
  });

  it('names what is around the work before a rate, if that takes longer', () => {
    const limited = setupOf({ getsPerSecond: 10 });
    expect(estimate({ ...limited, firstMs: 99_000 }).limit).toBe('S3 GET rate');
    expect(estimate({ ...limited, firstMs: 101_000 }).limit).toBe('cold start');
  });

  it('keeps all slots busy for as long as S3 sets the pace: that is what Lambda bills', () => {
    // 1,000 GETs at 10 per second.
    const { windowMs, busyMs } = estimate(setupOf({ getsPerSecond: 10 }));
    expect(windowMs).toBeCloseTo(100_000, 3);
    expect(busyMs).toBeCloseTo(10 * 100_000, 3);
    expect(estimate(setupOf({})).busyMs).toBeCloseTo(100 * 1000, 3);
  });
});

describe('estimate of several stages', () => {
  const staged = setupOf({
    stages: 4,
    stageMs: 700,
    reduceMs: 200,
    firstMs: 500,
    slotStartMs: 250,
    endMs: 300,
  });

  it('is as many windows, of which the first alone waits for slots to start, with what lies between them', () => {
    const { wallMs, windowMs, busyMs } = estimate(staged);
    expect(windowMs).toBeCloseTo(250 + 4 * 10_000 + 4 * 700, 3);
    expect(wallMs).toBeCloseTo(windowMs + 500 + 300, 6);
    expect(busyMs).toBeCloseTo(4 * 100 * 1000 + 10 * 250, 3);
  });

  it('has shorter windows behind the first where batches are in memory, and fewer GETs', () => {
    const kept = { ...staged, later: { batchMs: 400, gets: 2 } };
    expect(estimate(kept).windowMs).toBeCloseTo(250 + 10_000 + 3 * 4000 + 4 * 700, 3);
    expect(estimate(kept).busyMs).toBeCloseTo(100 * (1000 + 3 * 400) + 10 * 250, 3);
    // Of 100 batches 200 GETs, at 20 a second.
    expect(estimate({ ...kept, getsPerSecond: 20 }).windowMs).toBeCloseTo(
      250 + 50_000 + 3 * 10_000 + 4 * 700,
      3,
    );
  });

  it('is what the simulation is without randomness', () => {
    const random = () => 0.5;
    fc.assert(
      fc.property(
        anySetup,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (any, stages, ms, batchMs) => {
          // All slots are there at once, and no rate holds them up: else the formula counts rates on the average.
          const free = { getsPerSecond: 1e9, putsPerSecond: 1e9, startsPerSecond: Number.POSITIVE_INFINITY };
          const later = { batchMs, gets: 1 };
          const own = { slotsAtOnce: any.slots, stages, stageMs: ms, slotStartSpread: 0, later };
          const setup = { ...any, ...free, ...own };
          const { wallMs, done } = simulate(setup, { random, finest: Number.POSITIVE_INFINITY });
          expect(done).toBe(stages * setup.batches);
          expect(wallMs).toBeCloseTo(estimate(setup).wallMs, 1);
        },
      ),
    );
  });

  it('names what lies between stages where that takes most of the time', () => {
    expect(estimate({ ...staged, batchMs: 10, later: { batchMs: 10, gets: 10 } }).limit).toBe(
      'between stages',
    );
    expect(estimate(staged).limit).toBe('concurrency');
  });
});
