import type { Night, NightArm, Reset } from '../../../src/history/night.ts';

export const FIRST_NIGHT = Date.UTC(2026, 8, 1, 3);
export const DAY = 86_400_000;
const CONDITIONS = { manifest: 'a'.repeat(64), workload: 'statistics', node: 'v24.1.0' };

/** Night number `i` of a history in which the serverless arm takes about 10 s and costs about a cent. */
export function night(i: number, seconds: number, more: Partial<Night> = {}): Night {
  const arm: NightArm = { arm: 'serverless', seconds, rounds: [seconds], usd: seconds / 1000 };
  return {
    version: 1,
    runId: `run-${i}`,
    at: FIRST_NIGHT + i * DAY,
    status: 'succeeded',
    error: null,
    addedBy: null,
    conditions: CONDITIONS,
    fanfleet: '0.1.0',
    pricesOf: '2026-09-01',
    arms: [arm],
    ...more,
  };
}

export function failedNight(i: number): Night {
  const error = { code: 'ArmFailed', message: 'fleet, round 0: BootFailed' };
  return night(i, 1, { status: 'failed', error, arms: [] });
}

/** Ten nights around 10 s. */
export const LEARNT = [10.1, 9.9, 10, 10.2, 9.8, 10, 10.1, 9.9, 10, 10];

export function nightsOf(values: readonly number[], from = 0): Night[] {
  return values.map((value, i) => night(from + i, value));
}

/** @param afterNight the reset comes an hour after it */
export function resetAfter(afterNight: number, why = 'a larger dataset'): Reset {
  return { version: 1, at: FIRST_NIGHT + afterNight * DAY + 3_600_000, by: 'ada@host', why };
}
