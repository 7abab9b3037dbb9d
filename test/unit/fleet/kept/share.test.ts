import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InstanceLife } from '../../../../src/fleet/instance-life.ts';
import { shareOfJob } from '../../../../src/fleet/kept/share.ts';

const LIFE: InstanceLife = {
  instanceId: 'i-1',
  role: 'worker',
  type: 't3.medium',
  market: 'on-demand',
  launchedAt: 1_000,
  endedAt: 100_000,
};

describe('the share of a job', () => {
  it('is its own time, and that before it since the job before', () => {
    expect(shareOfJob([LIFE], { idleSince: 5_000, takenAt: 8_000, endedAt: 9_500 })).toEqual([
      { ...LIFE, launchedAt: 8_000, endedAt: 9_500, idleBeforeMs: 3_000 },
    ]);
  });

  it('has the boot where it is the first one', () => {
    const [share] = shareOfJob([LIFE], { idleSince: null, takenAt: 8_000, endedAt: 9_500 });
    expect(share?.idleBeforeMs).toBe(7_000);
  });

  it('ends with an instance that is lost, and has none that was lost before', () => {
    const lost = (endedAt: number) =>
      shareOfJob([{ ...LIFE, endedAt }], { idleSince: 5_000, takenAt: 8_000, endedAt: 9_500 });
    expect(lost(8_700)).toMatchObject([{ launchedAt: 8_000, endedAt: 8_700, idleBeforeMs: 3_000 }]);
    expect(lost(6_000)).toMatchObject([{ launchedAt: 6_000, endedAt: 6_000, idleBeforeMs: 1_000 }]);
    expect(lost(4_000)).toEqual([]);
  });

  it('adds up, with the tail, to all that each instance ran, whenever jobs come and instances are lost', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 5_000 })), {
      minLength: 1,
      maxLength: 8,
    });
    const life = fc.record({
      launchedAt: fc.integer({ min: 0, max: 3_000 }),
      ranMs: fc.integer({ min: 0, max: 90_000 }),
    });
    fc.assert(
      fc.property(gaps, life, (jobs, { launchedAt, ranMs }) => {
        const whole = { ...LIFE, launchedAt, endedAt: launchedAt + ranMs };
        let now = 3_000;
        let idleSince: number | null = null;
        let billed = 0;
        for (const [waitMs, workMs] of jobs) {
          const takenAt = now + waitMs;
          const endedAt = takenAt + workMs;
          for (const share of shareOfJob([whole], { idleSince, takenAt, endedAt }))
            billed += share.endedAt - share.launchedAt + (share.idleBeforeMs ?? 0);
          [now, idleSince] = [endedAt, endedAt];
        }
        const tail = Math.max(0, whole.endedAt - Math.max(now, whole.launchedAt));
        expect(billed + tail).toBe(ranMs);
      }),
    );
  });
});
