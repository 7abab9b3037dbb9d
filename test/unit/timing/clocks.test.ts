import { describe, expect, it } from 'vitest';
import type { ClockOffset } from '../../../src/contract/span.ts';
import { armClocksSchema, type ClockedSpan, MOST_CLOCKS } from '../../../src/timing/clocks.ts';
import { alignClocks } from './one-map.ts';

const START = Date.UTC(2026, 0, 31, 12);

function span(worker: string, over: Partial<ClockedSpan> = {}): ClockedSpan {
  return {
    worker,
    queuedAt: START,
    givenAt: null,
    startedAt: START + 1000,
    endedAt: START + 2000,
    seenAt: null,
    coldStartMs: 0,
    clock: null,
    ...over,
  };
}

const around = (offset: number, by = 20): ClockOffset => ({
  offsetLowMs: offset - by,
  offsetHighMs: offset + by,
});

/** A batch of a worker whose clock is `ahead`, of which its coordinator says when it saw it. */
function seenBy(worker: string, ahead: number, over: Partial<ClockedSpan> = {}): ClockedSpan {
  return span(worker, {
    givenAt: START + 990,
    startedAt: START + 1000 + ahead,
    endedAt: START + 2000 + ahead,
    seenAt: START + 2015,
    ...over,
  });
}

describe('alignClocks', () => {
  it.each([5000, -5000, 300, -300])(
    'puts the times of a worker that is %i ms ahead right, by S3',
    (ahead) => {
      // Prepare
      const spans = [
        span('w1', { clock: around(0) }),
        span('w2', { startedAt: START + 1500 + ahead, endedAt: START + 2500 + ahead, clock: around(-ahead) }),
      ];

      // Act
      const { spans: aligned, clocks } = alignClocks('serverless', spans);

      // Assess
      expect(aligned[0]).toBe(spans[0]);
      expect(aligned[1]).toMatchObject({ startedAt: START + 1500, endedAt: START + 2500, queuedAt: START });
      expect(clocks).toMatchObject({ corrected: true, largestSkewMs: Math.abs(ahead) - 20, hostCount: 2 });
      expect(clocks.hosts).toEqual([
        { host: 'w1', batches: 1, offsetLowMs: -20, offsetHighMs: 20, correctedByMs: 0 },
        {
          host: 'w2',
          batches: 1,
          offsetLowMs: -ahead - 20,
          offsetHighMs: -ahead + 20,
          correctedByMs: -ahead,
        },
      ]);
      expect(armClocksSchema.parse(JSON.parse(JSON.stringify(clocks)))).toEqual(clocks);
    },
  );

  it.each([5000, -5000, 300, -300])(
    'puts the times of a worker that is %i ms ahead right, by the state machine alone',
    (ahead) => {
      const { spans, clocks } = alignClocks('serverless', [seenBy('w1', ahead), seenBy('w2', 0)]);
      expect(clocks).toMatchObject({ corrected: true, coordinator: 'state machine', seenBatches: 2 });
      expect(Math.abs((spans[0]?.startedAt ?? 0) - START - 1000)).toBeLessThanOrEqual(8);
      expect(spans[1]?.startedAt).toBe(START + 1000);
      expect(clocks.returnMs?.max).toBeLessThanOrEqual(25);
    },
  );

  it('leaves a clock alone that is not wrong for certain, or hardly', () => {
    const spans = [
      span('unsure', { clock: { offsetLowMs: -900, offsetHighMs: 99 } }),
      span('hardly', { clock: { offsetLowMs: 49, offsetHighMs: 60 } }),
      span('unknown'),
    ];
    const { spans: aligned, clocks } = alignClocks('serverless', spans);
    expect(aligned).toEqual(spans);
    expect(clocks).toMatchObject({ corrected: false, largestSkewMs: 49, unknownHosts: 1 });
  });

  it('takes all processes of an instance for one host, and a Lambda environment for another one', () => {
    const spans = [span('i-1/10/0'), span('i-1/11/3'), span('i-2/10')];
    expect(alignClocks('fleet', spans).clocks.hosts.map(({ host }) => host)).toEqual(['head', 'i-1', 'i-2']);
    expect(alignClocks('serverless', spans).clocks.hostCount).toBe(3);
  });

  it('moves what a head says by the offset of the head', () => {
    // Prepare: a head that is 4 s behind; a worker that is right
    const head = around(4000, 10);
    const spans = [
      seenBy('i-1/1', 0, {
        queuedAt: START - 4000,
        givenAt: START + 990 - 4000,
        seenAt: START + 2015 - 4000,
      }),
    ];

    // Act
    const { spans: aligned, clocks, headShiftMs } = alignClocks('fleet', spans, head);

    // Assess
    expect(headShiftMs).toBe(4000);
    expect(aligned).toEqual([seenBy('i-1/1', 0)]);
    expect(clocks.hosts).toMatchObject([
      { host: 'head', correctedByMs: 4000 },
      { host: 'i-1', correctedByMs: 0 },
    ]);
    expect(clocks.hosts[1]?.offsetLowMs).toBe(990 - 1000 - 10 - 1);
    expect(clocks.hosts[1]?.offsetHighMs).toBe(15 + 10 + 1);
  });

  it('does not trust a head whose own clock is not known', () => {
    const { clocks } = alignClocks('fleet', [seenBy('i-1/1', 5000)]);
    expect(clocks).toMatchObject({ corrected: false, unknownHosts: 2 });
  });

  it('is not misled by a batch that was done twice, and says so', () => {
    // Prepare: of the last batch the head saw the first copy, and the second one left the span
    const spans = [
      seenBy('w1', 0),
      seenBy('w1', 0),
      seenBy('w1', 0, { startedAt: START + 3000, endedAt: START + 4000 }),
    ];

    // Act
    const { clocks } = alignClocks('serverless', spans);

    // Assess
    expect(clocks).toMatchObject({ corrected: false, bounds: 3, contradictions: 1 });
  });

  it('says nothing of a clock where the state machine and S3 contradict each other', () => {
    const { clocks } = alignClocks('serverless', [seenBy('w1', 0, { clock: around(5000) })]);
    expect(clocks).toMatchObject({ corrected: false, unknownHosts: 1, contradictions: 1 });
  });

  it('tells how long batches waited for a worker, and their results to be seen', () => {
    const spans = [
      span('w1', { seenAt: START + 2040 }),
      span('w2', { givenAt: START + 600, startedAt: START + 1000, coldStartMs: 300 }),
    ];
    const { queueMs, returnMs, seenBatches } = alignClocks('serverless', spans).clocks;
    expect(queueMs).toEqual({ median: 550, min: 100, max: 1000 });
    expect(returnMs).toEqual({ median: 40, min: 40, max: 40 });
    expect(seenBatches).toBe(1);
  });

  it('lists the clocks that are most wrong, and counts the others', () => {
    const spans = Array.from({ length: 1000 }, (_, i) =>
      span(`w${i}`, { clock: around(i === 777 ? 9000 : 0) }),
    );
    const { clocks } = alignClocks('serverless', spans);
    expect(clocks.hosts).toHaveLength(MOST_CLOCKS);
    expect(clocks.hosts.find(({ host }) => host === 'w777')?.correctedByMs).toBe(9000);
    expect(clocks.hostCount).toBe(1000);
  });

  it('has an answer to no spans', () => {
    expect(alignClocks('serverless', []).clocks).toMatchObject({
      hosts: [],
      queueMs: null,
      corrected: false,
    });
  });
});
