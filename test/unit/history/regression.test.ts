import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calledAt, NOISE_NAMES, simulate, tested } from '../../../scripts/nightly/noise.ts';
import {
  controlLimit,
  HELD_NIGHTS,
  judgeNight,
  LEVEL_NIGHTS,
  type Level,
  levelOf,
  type NightVerdict,
  type SeriesState,
} from '../../../src/history/regression.ts';

/** The verdicts on these nights, one after the other. */
function judge(values: readonly number[], from: Level = levelOf()): NightVerdict[] {
  let level = from;
  return values.map((value) => {
    const judged = judgeNight(level, value, tested);
    level = judged.level;
    return judged.verdict;
  });
}
const statesOf = (values: readonly number[], from?: Level): SeriesState[] =>
  judge(values, from).map(({ state }) => state);
const LEARNT = [10.1, 9.9, 10, 10.2, 9.8, 10, 10.1, 9.9, 10, 10];
const learnt = () => levelOf(LEARNT);
const times = (count: number, value: number) => Array.from({ length: count }, () => value);

describe('the limit', () => {
  it('is the mean plus three sample standard deviations', () => {
    expect(controlLimit([8, 10, 12])).toEqual({ mean: 10, limit: 16 });
  });
});

describe('learning', () => {
  it('takes ten nights, whatever they are like', () => {
    const states = statesOf([10, 30, 5, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(states).toEqual([...Array(LEVEL_NIGHTS).fill('learning'), 'ok']);
  });
});

describe('a step', () => {
  it('of 15 % is suspect for two nights and a regression in the third', () => {
    expect(statesOf(times(4, 11.5), learnt())).toEqual(['suspect', 'suspect', 'regression', 'regression']);
  });

  it('says by which test it was called', () => {
    const { called, limit, mean } = judge(times(3, 11.5), learnt())[2] as NightVerdict;
    expect(called).toMatchObject({ kind: 'step', test: { verdict: 'higher' } });
    expect(called?.test.ratio).toBeCloseTo(1.15);
    expect({ mean, limit }).toEqual(controlLimit(LEARNT));
  });

  it('is called a night later at the most if a night before it was above the limit by chance', () => {
    expect(statesOf([10.5, ...times(3, 11.5)], learnt())).toEqual([
      ...Array(3).fill('suspect'),
      'regression',
    ]);
  });

  it('is none if a night in between is as usual', () => {
    expect(statesOf([11.5, 11.5, 10, 11.5, 11.5], learnt())).not.toContain('regression');
  });

  it('that is not worth a call is the usual level from the third night on', () => {
    // Above the limit by far, since the nights before were nearly the same; but by 2 % only.
    const level = levelOf([10, 10.01, 9.99, 10, 10.01, 9.99, 10, 10.01, 9.99, 10]);
    expect(statesOf(times(5, 10.2), level)).toEqual(['suspect', 'suspect', 'ok', 'ok', 'ok']);
  });

  it('does not become the baseline however long it lasts', () => {
    expect(statesOf(times(40, 11.5), learnt()).slice(2)).toEqual(Array(38).fill('regression'));
  });

  it('is over once the last three nights are near the baseline, and judged as before from then on', () => {
    const states = statesOf([...times(5, 11.5), ...times(3, 10), ...times(3, 11.5)], learnt());
    expect(states.slice(5)).toEqual(['regression', 'recovered', 'ok', 'suspect', 'suspect', 'regression']);
  });

  it('is not over after one good night', () => {
    expect(statesOf([...times(3, 11.5), 10, ...times(3, 11.5)], learnt()).slice(3)).toEqual(
      Array(4).fill('regression'),
    );
  });
});

describe('a drift', () => {
  it('of 0.5 % a night is called, though no night stands out', () => {
    const drifting = Array.from({ length: 40 }, (_, night) => 10 * 1.005 ** night);
    const verdicts = judge(drifting, learnt());
    const at = verdicts.findIndex(({ called }) => called !== null);
    expect(verdicts[at]?.called).toMatchObject({ kind: 'drift' });
    expect(verdicts.slice(0, at).every(({ limit }, night) => (drifting[night] ?? 0) <= (limit ?? 0))).toBe(
      true,
    );
    // By then it is 10 % slower.
    expect(at).toBe(20);
  });

  it('is over once the cause is gone', () => {
    const drifting = Array.from({ length: 25 }, (_, night) => 10 * 1.005 ** night);
    expect(statesOf([...drifting, 10, 10, 10], learnt()).slice(25)).toEqual([
      'regression',
      'recovered',
      'ok',
    ]);
  });
});

describe('an improvement', () => {
  it('becomes the baseline, so that losing it is a regression', () => {
    const verdicts = judge([...times(14, 8), ...times(3, 10)], learnt());
    expect(verdicts.filter(({ improved }) => improved)).toHaveLength(1);
    expect(verdicts.slice(-3).map(({ state }) => state)).toEqual(['suspect', 'suspect', 'regression']);
  });
});

describe('where all nights are equal', () => {
  it('the limit is their mean, and the least effect decides', () => {
    const equal = levelOf(times(10, 10));
    expect(controlLimit(times(10, 10)).limit).toBe(10);
    expect(statesOf(times(6, 10.001), equal)).not.toContain('regression');
    expect(statesOf(times(3, 11), equal)).toEqual(['suspect', 'suspect', 'regression']);
  });
});

describe('an outlier', () => {
  it('above the limit is suspect, and does not widen it', () => {
    const verdicts = judge([30, 10, 10], learnt());
    expect(verdicts.map(({ state }) => state)).toEqual(['suspect', 'ok', 'ok']);
    expect(verdicts[2]?.limit).toBeLessThan(10.6);
  });

  it('among the nights that were learnt hides a step from the limit, but not from the test of drifts', () => {
    const level = levelOf([...LEARNT.slice(0, 9), 30]);
    const states = statesOf(times(20, 11.5), level);
    expect(states.indexOf('regression')).toBeGreaterThan(2);
    expect(states.indexOf('regression')).toBeLessThan(14);
  });
});

// scripts/nightly-errors.ts has the rates over more histories.
describe.each(NOISE_NAMES.filter((name) => !name.includes('0.8')))('with noise (%s)', (noise) => {
  it('60 nights in which nothing changes give no alarm, in any of 12 histories', () => {
    const alarms = Array.from({ length: 12 }, (_, seed) => calledAt(simulate(noise, seed, 60)));
    expect(alarms.filter((at) => at !== null)).toEqual([]);
  });
});

describe.each([
  ['normal, 1 %', HELD_NIGHTS + 1],
  ['normal, 3 %', 10],
] as const)('planted in noise (%s)', (noise, most) => {
  it.each([0, 1, 2, 3])('a step of 15 % in night 30 is called in time (history %i)', (seed) => {
    const at = calledAt(simulate(noise, seed, 60, (night) => (night >= 30 ? 1.15 : 1)));
    expect(at).toBeGreaterThanOrEqual(30 + HELD_NIGHTS - 1);
    expect(at).toBeLessThan(30 + most);
  });

  it.each([0, 1, 2, 3])(
    'a drift of 0.5 % a night from night 20 on is called within 40 (history %i)',
    (seed) => {
      const at = calledAt(simulate(noise, seed, 60, (night) => 1.005 ** Math.max(0, night - 20)));
      expect(at).toBeGreaterThan(25);
      expect(at).toBeLessThan(60);
    },
  );
});

describe('any history', () => {
  const seconds = fc.double({ min: 0.01, max: 1e4, noNaN: true });
  const quick = { numRuns: 40 };

  it('is judged alike in any unit', () => {
    fc.assert(
      fc.property(fc.array(seconds, { maxLength: 30 }), fc.constantFrom(0.125, 4, 1024), (values, unit) => {
        expect(statesOf(values.map((value) => value * unit))).toEqual(statesOf(values));
      }),
      quick,
    );
  });

  it('has no regression if no night is slower than the first ten', () => {
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (first, later) => {
          const least = Math.min(...first);
          const values = [...first, ...later.map((part) => least / (1 + (part % 3) / 100))];
          expect(statesOf(values)).not.toContain('regression');
        },
      ),
      quick,
    );
  });

  it('has no regression before three nights were judged, and keeps ten nights at most', () => {
    fc.assert(
      fc.property(fc.array(seconds, { maxLength: 30 }), (values) => {
        let level = levelOf();
        for (const [night, value] of values.entries()) {
          const judged = judgeNight(level, value, tested);
          if (night < LEVEL_NIGHTS + HELD_NIGHTS - 1) expect(judged.verdict.called).toBeNull();
          level = judged.level;
          expect(level.accepted.length).toBeLessThanOrEqual(LEVEL_NIGHTS);
          expect(level.baseline.length).toBeLessThanOrEqual(LEVEL_NIGHTS);
          expect(level.last.length).toBeLessThanOrEqual(HELD_NIGHTS);
        }
      }),
      quick,
    );
  });
});
