import { describe, expect, it } from 'vitest';
import type { ArmRound } from '../../../src/aggregate/run-facts.ts';
import { timeRemarks } from '../../../src/report/time-remarks.ts';

const unexplained = { clocks: 0, durations: 0, batches: 0 };

function remarks(over: Partial<ArmRound>, rounds = 1): string[] {
  const arm = {
    arm: 'fleet',
    round: 0,
    wallMs: 20_000,
    unexplained: null,
    unexplainedMs: null,
    clocks: null,
  };
  const round = { round: 0, arms: [{ ...arm, ...over } as ArmRound] };
  return timeRemarks({ rounds: Array.from({ length: rounds }, () => round) });
}

describe('timeRemarks', () => {
  it('is silent of up to 1 % that is not explained, and of rounds of which nothing is known', () => {
    expect(remarks({ unexplained: { ...unexplained, clocks: 200 }, unexplainedMs: 200 })).toEqual([]);
    expect(remarks({})).toEqual([]);
    expect(remarks({ wallMs: null, unexplained, unexplainedMs: 5 })).toEqual([]);
  });

  it.each([
    ['clocks', 'clocks put work outside of the arm'],
    ['durations', 'batches tell of more work than their wall times hold'],
    ['batches', 'batches left no span'],
  ])('says how much is not explained, and the greatest part of it: %s', (part, why) => {
    const parts = { clocks: 10, durations: 10, batches: 10, [part]: 380 };
    expect(remarks({ unexplained: parts, unexplainedMs: 400 })).toEqual([
      `400 ms (2.0 %) of the time of the fleet arm is not explained: ${why}.`,
    ]);
  });

  it('says which clocks were wrong, and in which round where there are several', () => {
    const clock = { batches: 1, offsetLowMs: 4990, offsetHighMs: 5010 };
    const hosts = [
      { ...clock, host: 'i-1', correctedByMs: 5000 },
      { ...clock, host: 'i-2', correctedByMs: 0 },
    ];
    const clocks = { hosts, corrected: true, largestSkewMs: 4990 } as unknown as ArmRound['clocks'];
    expect(remarks({ clocks }, 2)[0]).toBe(
      '1 clock of the fleet arm in round 0 was wrong by about 5.0 s; its times are corrected.',
    );
    const both = hosts.map((host) => ({ ...host, correctedByMs: -300 }));
    expect(remarks({ clocks: { ...clocks, hosts: both } as ArmRound['clocks'] })[0]).toBe(
      '2 clocks of the fleet arm were wrong by up to about 300 ms; their times are corrected.',
    );
    expect(remarks({ clocks: { ...clocks, corrected: false } as ArmRound['clocks'] })).toEqual([]);
  });
});
