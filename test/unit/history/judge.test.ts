import { describe, expect, it } from 'vitest';
import { headlineOf } from '../../../src/history/headline.ts';
import { judgeHistory } from '../../../src/history/judge.ts';
import type { Night, Reset } from '../../../src/history/night.ts';
import { failedNight, LEARNT, night, nightsOf, resetAfter } from './nights.ts';

const judge = (nights: readonly Night[], resets: readonly Reset[] = []) =>
  judgeHistory({ name: 'nightly', nights, resets });
const statesOf = (...args: Parameters<typeof judge>) => judge(...args).nights.map(({ state }) => state);

describe('a history', () => {
  it('without nights has no verdict', () => {
    expect(judge([])).toEqual({ name: 'nightly', nights: [], regressions: [], reset: null });
    expect(headlineOf(judge([]))).toBe('The history nightly has no nights yet.');
  });

  it('is learnt, usual, suspect, a regression, and recovered', () => {
    const history = judge(nightsOf([...LEARNT, 10, 11.5, 11.5, 11.5]));
    expect(history.nights.map(({ state }) => state)).toEqual([
      ...Array(10).fill('learning'),
      ...['ok', 'suspect', 'suspect', 'regression'],
    ]);
    expect(history.regressions).toEqual([
      { arm: 'serverless', measure: 'seconds' },
      { arm: 'serverless', measure: 'usd' },
    ]);
    expect(headlineOf(history)).toBe(
      'Regression: serverless time is 1.15 times the accepted baseline; serverless cost is 1.15 times the accepted baseline.',
    );
    const after = judge(nightsOf([...LEARNT, 10, 11.5, 11.5, 11.5, 10, 10]));
    expect(after.nights.at(-1)?.state).toBe('recovered');
    expect(after.regressions).toEqual([]);
  });

  it('judges each arm and its cost by itself', () => {
    const two = (seconds: number, usd: number) => [
      { arm: 'serverless' as const, seconds: 10, rounds: [10], usd: 0.01 },
      { arm: 'fleet' as const, seconds, rounds: [seconds], usd },
    ];
    const nights = [
      ...LEARNT.map((value) => [value, value / 100] as const),
      ...Array(3).fill([10, 0.13]),
    ].map(([seconds, usd], i) => night(i, 1, { arms: two(seconds, usd) }));
    expect(judge(nights).regressions).toEqual([{ arm: 'fleet', measure: 'usd' }]);
  });
});

describe('a night that says nothing of speed', () => {
  it('failed: it neither breaks nor lengthens a row of slow nights', () => {
    const nights = [...nightsOf([...LEARNT, 11.5, 11.5]), failedNight(12), night(13, 11.5)];
    expect(statesOf(nights).slice(-4)).toEqual(['suspect', 'suspect', 'failed', 'regression']);
  });

  it('failed: it does not end a regression', () => {
    const history = judge([...nightsOf([...LEARNT, 11.5, 11.5, 11.5]), failedNight(13)]);
    expect(history.regressions).toHaveLength(2);
    expect(headlineOf(history)).toBe('Regression: serverless time; serverless cost.');
  });

  it('missing: the nights that are there are counted, not the days', () => {
    const nights = [...nightsOf(LEARNT), night(20, 11.5), night(41, 11.5), night(90, 11.5)];
    expect(statesOf(nights).at(-1)).toBe('regression');
  });

  it('not comparable: it says in which conditions', () => {
    const other = { manifest: 'b'.repeat(64), workload: 'statistics', node: 'v24.2.0' };
    const nights = [...nightsOf(LEARNT), night(10, 30, { conditions: other }), night(11, 10)];
    const [changed, after] = judge(nights).nights.slice(-2);
    expect(changed).toMatchObject({
      state: 'not comparable',
      reasons: ['manifest: bbbbbbbbbbbb instead of aaaaaaaaaaaa', 'node: v24.2.0 instead of v24.1.0'],
      judgements: [],
    });
    expect(after?.state).toBe('ok');
  });

  it('not comparable: a condition that is not there any more, too', () => {
    const nights = [
      ...nightsOf(LEARNT),
      night(10, 10, { conditions: { workload: 'statistics', node: 'v24.1.0' } }),
    ];
    expect(judge(nights).nights.at(-1)?.reasons).toEqual(['manifest: nothing instead of aaaaaaaaaaaa']);
  });
});

describe('a reset', () => {
  it('accepts the last three nights, and learning goes on from there', () => {
    const slow = nightsOf(Array(16).fill(11.5), 10);
    const states = statesOf([...nightsOf(LEARNT), ...slow], [resetAfter(12)]);
    expect(states.slice(12)).toEqual(['regression', ...Array(7).fill('learning'), ...Array(6).fill('ok')]);
  });

  it('ends the regression at once, before the next night', () => {
    const history = judge(nightsOf([...LEARNT, 11.5, 11.5, 11.5]), [resetAfter(12)]);
    expect(history.regressions).toEqual([]);
    expect(history.reset?.why).toBe('a larger dataset');
    expect(headlineOf(history)).toBe('The present level was accepted by ada@host: a larger dataset');
  });

  it('accepts other conditions, with the nights under them only', () => {
    const other = { conditions: { workload: 'histogram' } };
    const changed = [night(10, 20, other), night(11, 20, other)];
    const later = Array.from({ length: 9 }, (_, i) => night(12 + i, 20, other));
    const states = statesOf([...nightsOf(LEARNT), ...changed, ...later], [resetAfter(11)]);
    expect(states.slice(10)).toEqual([
      ...Array(2).fill('not comparable'),
      ...Array(8).fill('learning'),
      'ok',
    ]);
  });

  it('is shown at the night that follows it', () => {
    const history = judge(nightsOf([...LEARNT, 10]), [resetAfter(8), resetAfter(9, 'again')]);
    expect(history.nights.map(({ reset }) => reset?.why ?? null).slice(-2)).toEqual([
      'a larger dataset',
      'again',
    ]);
    expect(history.reset).toBeNull();
  });
});

describe('costs by other prices', () => {
  it('are learnt anew, while time is judged as before', () => {
    const later = Array.from({ length: 3 }, (_, i) =>
      night(10 + i, 10, {
        pricesOf: '2026-10-01',
        arms: [{ arm: 'serverless', seconds: 11.5, rounds: [11.5], usd: 1 }],
      }),
    );
    const history = judge([...nightsOf(LEARNT), ...later]);
    expect(history.regressions).toEqual([{ arm: 'serverless', measure: 'seconds' }]);
    expect(history.nights.at(-1)?.judgements.map(({ state }) => state)).toEqual(['regression', 'learning']);
  });
});
