import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArmSetup } from '../../../../src/model/arm-setup.ts';
import { estimate } from '../../../../src/model/estimate.ts';
import { type Piece, simulate } from '../../../../src/model/simulation/simulate.ts';
import { seededRandom } from '../../../../src/statistics/random.ts';
import { anySetup, setupOf } from '../setups.ts';

const ONE_BY_ONE = Number.POSITIVE_INFINITY;

function watch(setup: ArmSetup, { seed = 1, finest = 16 } = {}) {
  const pieces: Piece[] = [];
  const outcome = simulate(setup, {
    random: seededRandom(seed),
    finest,
    onPiece: (piece) => pieces.push(piece),
  });
  return { outcome, pieces };
}

const noisy = fc
  .tuple(anySetup, fc.double({ min: 0, max: 1.5, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([setup, spread, slotStartSpread]) => ({ ...setup, spread, slotStartSpread }));

describe('simulate', () => {
  it('does every batch once, whatever the luck and the grain', () => {
    fc.assert(
      fc.property(noisy, fc.nat(), fc.constantFrom(1, 16, ONE_BY_ONE), (setup, seed, finest) => {
        const { outcome, pieces } = watch(setup, { seed, finest });
        expect(outcome.done).toBe(setup.batches);
        expect(pieces.reduce((sum, { batches }) => sum + batches, 0)).toBe(setup.batches);
        expect(outcome.lost).toBe(0);
      }),
    );
  });

  it('gives the same answer for the same seed, and another one for another', () => {
    const setup = setupOf({ spread: 0.3, slotStartMs: 500, slotStartSpread: 0.5 });
    expect(watch(setup, { seed: 7 })).toEqual(watch(setup, { seed: 7 }));
    expect(watch(setup, { seed: 8 }).outcome.wallMs).not.toBe(watch(setup, { seed: 7 }).outcome.wallMs);
  });

  it('is the closed form where there is no randomness, to a batch and a start', () => {
    fc.assert(
      fc.property(anySetup, (setup) => {
        const quiet = { ...setup, getsPerSecond: 1e9, putsPerSecond: 1e9, startsPerSecond: 1e9 };
        const { wallMs } = watch(quiet, { finest: ONE_BY_ONE }).outcome;
        const expected = estimate(quiet).wallMs;
        expect(wallMs).toBeGreaterThanOrEqual(expected * (1 - 1e-6));
        expect(wallMs).toBeLessThanOrEqual(expected * (1 + 1e-6) + quiet.batchMs + quiet.slotStartMs);
      }),
    );
  });

  it('has a slot do one thing at a time', () => {
    fc.assert(
      fc.property(noisy, (setup) => {
        const bySlot = Map.groupBy(watch(setup).pieces, ({ slot }) => slot);
        expect(bySlot.size).toBeLessThanOrEqual(setup.slots);
        for (const pieces of bySlot.values()) {
          for (const [index, piece] of pieces.entries()) {
            expect(piece.startMs).toBeGreaterThanOrEqual(pieces[index - 1]?.endMs ?? setup.firstMs);
          }
        }
      }),
    );
  });

  it('starts no more slots at any moment than the scale-up allows', () => {
    fc.assert(
      fc.property(noisy, (setup) => {
        const first = new Map<number, number>();
        for (const { slot, startMs } of watch(setup).pieces) if (!first.has(slot)) first.set(slot, startMs);
        for (const [index, startMs] of [...first.values()].sort((a, b) => a - b).entries()) {
          const allowed = setup.slotsAtOnce + (setup.slotsPerSecond * (startMs - setup.firstMs)) / 1000;
          expect(index + 1).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }),
    );
  });

  it.each([
    ['GETs', 'gets', 'getsPerSecond'],
    ['PUTs', 'puts', 'putsPerSecond'],
  ] as const)('has done no more %s by any moment than S3 takes', (_, each, perSecond) => {
    fc.assert(
      fc.property(noisy, (setup) => {
        let requests = 0;
        const ended = watch(setup).pieces.toSorted((a, b) => a.endMs - b.endMs);
        for (const { endMs, batches } of ended) {
          requests += batches * setup[each];
          expect(requests).toBeLessThanOrEqual((setup[perSecond] * (endMs - setup.firstMs)) / 1000 + 1e-3);
        }
      }),
    );
  });

  it('waits for S3 as long as the requests take, and tells of those that were refused', () => {
    // 10 slots ask for 1,000 GETs at 10 per second.
    const { outcome } = watch(setupOf({ getsPerSecond: 10 }));
    expect(outcome.wallMs).toBeGreaterThanOrEqual(100_000);
    expect(outcome.wallMs).toBeLessThan(110_000);
    expect(outcome.slowDowns).toBeGreaterThan(1000);
    expect(watch(setupOf({})).outcome.slowDowns).toBe(0);
  });

  it('tells of requests that are refused as often as they are tried', () => {
    expect(watch(setupOf({ getsPerSecond: 0.01 })).outcome.exhausted).toBeGreaterThan(0);
    // The waits between eight tries are 6.35 s on the average: a batch of ten GETs may be late by so much.
    expect(watch(setupOf({ getsPerSecond: (10 * 10) / 7 })).outcome.exhausted).toBe(0);
  });

  it('tells of batches that take longer than a function may', () => {
    expect(watch(setupOf({ mostBatchMs: 999 })).outcome.overtime).toBe(100);
    expect(watch(setupOf({ mostBatchMs: 1000 })).outcome.overtime).toBe(0);
  });

  it('takes batches of a long queue together, and means the same', () => {
    const setup = setupOf({
      batches: 40_000,
      slots: 20,
      spread: 0.5,
      slotStartMs: 800,
      slotStartSpread: 0.3,
    });
    const coarse = watch(setup, { finest: 16 });
    const detailed = watch(setup, { finest: ONE_BY_ONE });
    expect(detailed.pieces).toHaveLength(40_000);
    expect(coarse.pieces.length).toBeLessThan(5000);
    // The mean of 40,000 batches of spread 0.5 has a standard error of 0.25 %.
    expect(Math.abs(coarse.outcome.wallMs / detailed.outcome.wallMs - 1)).toBeLessThan(0.01);
    expect(Math.abs(coarse.outcome.busyMs / detailed.outcome.busyMs - 1)).toBeLessThan(0.01);
  });

  it('has batches that are taken together vary less, by the root of their number', () => {
    const setup = setupOf({ batches: 1_000_000, slots: 1000, spread: 0.5 });
    const together = watch(setup).pieces.filter(({ batches }) => batches > 50);
    const each = together.map(({ startMs, endMs, batches }) => {
      const mean = (endMs - startMs) / batches;
      return ((mean - 1000) / 1000) ** 2 * batches;
    });
    expect(Math.sqrt(each.reduce((sum, value) => sum + value, 0) / each.length)).toBeCloseTo(0.5, 1);
  });

  it('holds 10^7 batches in as many events as a hundredth of them', () => {
    let pieces = 0;
    const setup = setupOf({ batches: 1e7, slots: 1000, spread: 0.2 });
    const outcome = simulate(setup, { random: seededRandom(1), onPiece: () => (pieces += 1) });
    expect(outcome.done).toBe(1e7);
    expect(pieces).toBeLessThan(1e5 + 50_000);
    expect(Math.abs(outcome.wallMs / 1e7 - 1)).toBeLessThan(0.01);
  });
});

describe('simulate, with hosts', () => {
  const hosts = {
    count: 5,
    slotsEach: 2,
    bootMs: 60_000,
    bootSpread: 0,
    interruptionsPerMs: 0,
    noticeMs: 120_000,
  };
  const fleet = setupOf({ arm: 'fleet', slots: 10, firstMs: 60_000, hosts });

  it('waits for the slowest host, though not for ever', () => {
    const late = watch({ ...fleet, hosts: { ...hosts, bootSpread: 3 } }, { seed: 2 }).pieces[0];
    expect(late?.startMs).not.toBe(60_000);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const spread = { ...fleet, hosts: { ...hosts, bootSpread: 0.2 } };
        const { outcome } = watch(spread, { seed });
        expect(outcome.done).toBe(100);
      }),
    );
  });

  it('takes nothing new after a Spot notice, and does lost batches again', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(500, 5000, 300_000), (seed, batchMs) => {
        const spot = { ...hosts, interruptionsPerMs: 1 / (4 * batchMs), noticeMs: 2000 };
        const { outcome, pieces } = watch({ ...fleet, batchMs, hosts: spot }, { seed });
        expect(pieces.reduce((sum, { batches }) => sum + batches, 0)).toBe(outcome.done);
        expect(outcome.done).toBeLessThanOrEqual(100);
        // Whoever is left does it all: it is only left undone where nobody is.
        if (outcome.done < 100) expect(outcome.interruptions).toBe(5);
        if (batchMs === 500) expect(outcome.lost).toBe(0);
      }),
    );
    const long = { ...hosts, interruptionsPerMs: 1 / 3_000_000, noticeMs: 2000 };
    const outcomes = Array.from(
      { length: 30 },
      (_, seed) => watch({ ...fleet, batchMs: 300_000, hosts: long }, { seed }).outcome,
    );
    expect(outcomes.some(({ lost, done }) => lost > 0 && done === 100)).toBe(true);
  });
});
