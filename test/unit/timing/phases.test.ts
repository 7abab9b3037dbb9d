import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapWork, type PhaseSpan, spanShares } from '../../../src/timing/map-work.ts';
import { OVERHEAD_PARTS } from '../../../src/timing/overhead.ts';
import { type ArmWall, largestRemainder, PHASES, phasesOf } from '../../../src/timing/phases.ts';
import { armPhases } from './one-map.ts';

const NO_OVERHEAD = Object.fromEntries(OVERHEAD_PARTS.map((part) => [part, 0]));
const NOTHING = { coldStartMs: 0, listMs: 0, loadMs: 0, processMs: 0, putMs: 0 };

function span(startedAt: number, endedAt: number, over: Partial<PhaseSpan> = {}): PhaseSpan {
  return { ...NOTHING, startedAt, endedAt, ...over };
}

const time = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 2e12, noNaN: true }));
const duration = fc.oneof(fc.nat(20_000), fc.double({ min: 0, max: 1e6, noNaN: true }));
const anySpan: fc.Arbitrary<PhaseSpan> = fc.record({
  startedAt: time,
  endedAt: time,
  coldStartMs: duration,
  listMs: duration,
  loadMs: duration,
  processMs: duration,
  putMs: duration,
});

describe('armPhases', () => {
  it('adds up to the wall time to the millisecond, for any spans and clocks', () => {
    fc.assert(
      fc.property(
        time,
        time,
        fc.option(time, { nil: undefined }),
        fc.array(anySpan, { maxLength: 30 }),
        fc.nat(5),
        (startedAt, endedAt, engineStartedAt, spans, lost) => {
          const arm = armPhases({ startedAt, endedAt, engineStartedAt }, spans, lost);
          const { wallMs, phases, overhead, unexplained, unexplainedMs } = arm;
          expect(wallMs).toBe(Math.max(0, Math.round(endedAt) - Math.round(startedAt)));
          expect(PHASES.reduce((sum, phase) => sum + phases[phase], 0)).toBe(wallMs);
          for (const phase of PHASES) expect(phases[phase]).toBeGreaterThanOrEqual(0);
          expect(OVERHEAD_PARTS.reduce((sum, part) => sum + overhead[part], 0)).toBe(phases.overhead);
          for (const part of OVERHEAD_PARTS) expect(overhead[part]).toBeGreaterThanOrEqual(0);
          const { clocks, durations, batches } = unexplained;
          expect(unexplainedMs).toBe(clocks + durations + batches);
          expect(Math.min(clocks, durations, batches)).toBeGreaterThanOrEqual(0);
          expect(batches).toBe(overhead.unmeasured);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('explains everything where the clocks agree', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5000), fc.nat(5000), fc.nat(500)), { minLength: 1, maxLength: 20 }),
        (parts) => {
          const spans = parts.map(([from, length, coldStartMs]) =>
            span(1000 + from, 1000 + from + length, { coldStartMs }),
          );
          expect(armPhases({ startedAt: 0, endedAt: 20_000 }, spans).unexplainedMs).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('divides one span as it is', () => {
    // Prepare: 1 s before it, 0.5 s cold, 2 s of work of which 1.7 s are explained, 0.3 s after it
    const only = span(1500, 3500, {
      coldStartMs: 500,
      listMs: 100,
      loadMs: 400,
      processMs: 1000,
      putMs: 200,
    });

    // Act
    const result = armPhases({ startedAt: 0, endedAt: 3800 }, [only]);

    // Assess
    expect(result).toEqual({
      wallMs: 3800,
      phases: {
        provision: 1000,
        coldStart: 500,
        load: 500,
        process: 1000,
        write: 200,
        overhead: 300,
        teardown: 300,
      },
      windowStartMs: 1000,
      windowEndMs: 3500,
      peakConcurrency: 1,
      overhead: { ...NO_OVERHEAD, batch: 300 },
      unexplained: { clocks: 0, durations: 0, batches: 0 },
      unexplainedMs: 0,
    });
  });

  it('shares the window between slots, and what no batch fills is overhead', () => {
    // Prepare: two slots over 4 s; one works all the time, one for 1 s
    const spans = [span(0, 4000, { processMs: 4000 }), span(0, 1000, { loadMs: 1000 })];

    // Act
    const { phases, peakConcurrency: peak } = armPhases({ startedAt: 0, endedAt: 4000 }, spans);

    // Assess
    expect(peak).toBe(2);
    expect(phases).toMatchObject({ process: 2000, load: 500, overhead: 1500 });
  });

  it('says of the overhead where it was: in batches, and of slots before, between and after them', () => {
    // Prepare: the second slot comes 1 s late, has a pause of 0.4 s, and has nothing to do in the last second
    const spans = [
      span(0, 2000, { processMs: 1800 }),
      span(1000, 1600, { processMs: 600 }),
      span(2000, 4000, { processMs: 2000 }),
      span(2000, 3000, { processMs: 1000 }),
    ];

    // Act
    const { phases, overhead, unexplainedMs } = armPhases({ startedAt: 0, endedAt: 4000 }, spans);

    // Assess: of two slots, so that half of each counts
    expect(phases.overhead).toBe(1300);
    expect(overhead).toEqual({
      batch: 100,
      idleAtStart: 500,
      idleBetween: 200,
      idleAtEnd: 500,
      reduce: 0,
      betweenStages: 0,
      unmeasured: 0,
    });
    expect(unexplainedMs).toBe(0);
  });

  it('does not explain idle slots where batches left no span', () => {
    // Prepare: one slot works for 4 s, one for 1 s and may have done the lost batch of some 2.5 s
    const spans = [span(0, 4000, { processMs: 4000 }), span(0, 1000, { processMs: 1000 })];

    // Act
    const { phases, overhead, unexplained } = armPhases({ startedAt: 0, endedAt: 4000 }, spans, 1);

    // Assess
    expect(phases.overhead).toBe(1500);
    expect(overhead).toMatchObject({ idleAtEnd: 250, unmeasured: 1250 });
    expect(unexplained).toEqual({ clocks: 0, durations: 0, batches: 1250 });
  });

  it('does not explain batches that tell of more than their wall times hold', () => {
    const spans = [span(0, 1000, { processMs: 900, loadMs: 300 })];
    const { phases, unexplained } = armPhases({ startedAt: 0, endedAt: 1000 }, spans);
    expect(phases).toMatchObject({ process: 750, load: 250, overhead: 0 });
    expect(unexplained).toEqual({ clocks: 0, durations: 200, batches: 0 });
  });

  it('counts provision of a fleet until its engine starts', () => {
    const wall = { startedAt: 0, endedAt: 10_000, engineStartedAt: 6000 };
    const { phases } = armPhases(wall, [span(8000, 9000, { coldStartMs: 5000, processMs: 1000 })]);
    expect(phases).toMatchObject({
      provision: 6000,
      coldStart: 2000,
      process: 1000,
      overhead: 0,
      teardown: 1000,
    });
  });

  it.each<[string, ArmWall, Record<string, number>]>([
    ['is overhead', { startedAt: 0, endedAt: 500 }, { provision: 0, overhead: 500 }],
    [
      'is provision until the engine starts',
      { startedAt: 0, endedAt: 500, engineStartedAt: 400 },
      { provision: 400, overhead: 100 },
    ],
  ])('without spans, the wall time %s, and nothing explains that', (_, wall, phases) => {
    const unexplainedMs = phases.overhead;
    expect(armPhases(wall, [])).toMatchObject({ wallMs: 500, phases, peakConcurrency: 0, unexplainedMs });
  });

  it('cuts off what lies outside the arm, and says how much', () => {
    // Prepare: a worker whose clock is 2 s behind
    const skewed = span(-2000, 1000, { processMs: 3000 });

    // Act
    const { phases, unexplainedMs } = armPhases({ startedAt: 0, endedAt: 1500 }, [skewed]);

    // Assess
    expect(unexplainedMs).toBe(2000);
    expect(phases).toMatchObject({ provision: 0, process: 1000, teardown: 500 });
  });

  it('survives a worker that is a day ahead, and one whose clock was set back', () => {
    const day = 86_400_000;
    const ahead = armPhases({ startedAt: 0, endedAt: 1000 }, [span(day, day + 400)]);
    expect(ahead).toMatchObject({ phases: { provision: 1000 }, unexplainedMs: 400 });
    const reversed = armPhases({ startedAt: 0, endedAt: 1000 }, [span(600, 200)]);
    expect(reversed.unexplainedMs).toBe(400);
  });
});

describe('phasesOf several maps', () => {
  const arm = { startedAt: 0, endedAt: 10_000 };
  const map = (bounds: readonly [number, number], reduce: readonly [number, number], spans: PhaseSpan[]) => {
    const reduced = { from: reduce[0], to: reduce[1] };
    const [from, to] = bounds;
    return { work: mapWork({ from, to, reduce: reduced }, spans, 0), reduce: reduced };
  };

  it('counts what lies between them as overhead, and slots that one of them did not use as idle', () => {
    // Prepare: two slots for 2 s, then one for 1 s
    const work = (from: number, to: number) => span(from, to, { processMs: to - from });
    const maps = [
      map([0, 4000], [3500, 4000], [work(1000, 3000), work(1000, 3000)]),
      map([4000, 8000], [6000, 8000], [work(5000, 6000)]),
    ];

    // Act
    const { phases, overhead, peakConcurrency, windowEndMs } = phasesOf(arm, maps);

    // Assess
    expect(peakConcurrency).toBe(2);
    expect(windowEndMs).toBe(8000);
    expect(phases).toMatchObject({ provision: 1000, process: 2500, overhead: 4500, teardown: 2000 });
    expect(overhead).toEqual({ ...NO_OVERHEAD, idleAtEnd: 500, reduce: 2500, betweenStages: 1500 });
  });

  it('takes a batch that seems to end in the reduce from it', () => {
    const maps = [map([0, 4000], [2000, 4000], [span(0, 2050)])];
    const { overhead, unexplainedMs } = phasesOf(arm, maps);
    expect(overhead).toMatchObject({ batch: 2050, reduce: 1950, betweenStages: 0 });
    expect(unexplainedMs).toBe(0);
  });

  it('explains no time before a reduce whose batches left no span, unless an earlier run did them', () => {
    const reduce = { from: 3000, to: 4000 };
    const of = (lost: number) =>
      phasesOf(arm, [{ work: mapWork({ from: 0, to: 4000, reduce }, [], lost), reduce }]).overhead;
    expect(of(3)).toEqual({ ...NO_OVERHEAD, reduce: 1000, unmeasured: 3000 });
    expect(of(0)).toEqual({ ...NO_OVERHEAD, reduce: 1000, betweenStages: 3000 });
  });

  it('adds up to the wall time to the millisecond, for any spans and clocks', () => {
    const stage = fc.record({
      spans: fc.array(anySpan, { maxLength: 8 }),
      reduceMs: duration,
      lost: fc.nat(3),
    });
    fc.assert(
      fc.property(
        duration,
        duration,
        fc.array(stage, { minLength: 1, maxLength: 5 }),
        (from, rest, stages) => {
          let at = from;
          const maps = stages.map(({ spans, reduceMs, lost }, number) => {
            const bounds = { from: at, to: at + reduceMs + 5000 * number };
            const reduce = { from: Math.min(bounds.to, at + 3000 * number), to: bounds.to };
            at = bounds.to;
            return { work: mapWork({ ...bounds, reduce }, spans, lost), reduce };
          });
          const { wallMs, phases, overhead } = phasesOf({ startedAt: from, endedAt: at + rest }, maps);
          expect(PHASES.reduce((sum, phase) => sum + phases[phase], 0)).toBe(wallMs);
          expect(OVERHEAD_PARTS.reduce((sum, part) => sum + overhead[part], 0)).toBe(phases.overhead);
          for (const part of OVERHEAD_PARTS) expect(overhead[part]).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('spanShares', () => {
  it('scales times that say more than the wall down to it, and leaves short ones as they are', () => {
    const busy = span(0, 0, { loadMs: 3000, processMs: 6000, putMs: 1000 });
    expect(spanShares(busy, 1000)).toEqual({ load: 300, process: 600, write: 100 });
    expect(spanShares(busy, 20_000)).toEqual({ load: 3000, process: 6000, write: 1000 });
    expect(spanShares(span(0, 0), 0)).toEqual({ load: 0, process: 0, write: 0 });
  });
});

describe('largestRemainder', () => {
  it('gives the missing ones to the largest remainders', () => {
    expect(largestRemainder([1.2, 1.7, 1.1], 4)).toEqual([1, 2, 1]);
    expect(largestRemainder([0.5, 0.5, 1], 2)).toEqual([1, 0, 1]);
  });
});
