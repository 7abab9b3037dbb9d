import { describe, expect, it } from 'vitest';
import { judgeHistory } from '../../../src/history/judge.ts';
import { messageOf } from '../../../src/history/message.ts';
import type { Night, Reset } from '../../../src/history/night.ts';
import { nightMetrics } from '../../../src/history/night-metrics.ts';
import { failedNight, LEARNT, night, nightsOf, resetAfter } from './nights.ts';

const judge = (nights: readonly Night[], resets: readonly Reset[] = []) =>
  judgeHistory({ name: 'nightly', nights, resets });
/** The subject of the message after each night, from the tenth on. */
function subjects(nights: readonly Night[], resets: readonly Reset[] = []): (string | null)[] {
  const upTo = nights.map((_, i) =>
    judge(
      nights.slice(0, i + 1),
      resets.filter(({ at }) => at < (nights[i]?.at ?? 0)),
    ),
  );
  return upTo.slice(10).map((history) => messageOf(history)?.subject ?? null);
}
const changed = { conditions: { workload: 'histogram' } };

describe('a message', () => {
  it('comes once for a regression and once when it is over', () => {
    expect(subjects(nightsOf([...LEARNT, 10, 11.5, 11.5, 11.5, 11.5, 10, 10, 10]))).toEqual([
      ...[null, null, null, 'fanfleet nightly: regression'],
      ...[null, null, 'fanfleet nightly: recovered', null],
    ]);
  });

  it('comes for every night that fails, and when they succeed again', () => {
    expect(
      subjects([...nightsOf(LEARNT), failedNight(10), failedNight(11), night(12, 10), night(13, 10)]),
    ).toEqual([
      'fanfleet nightly: the night failed',
      'fanfleet nightly: the night failed',
      'fanfleet nightly: nights succeed again',
      null,
    ]);
  });

  it('comes once for nights that are not comparable, and again when the reason is another', () => {
    const nights = [
      night(10, 10, changed),
      night(11, 10, changed),
      night(12, 10, { conditions: { workload: 'x' } }),
    ];
    const subject = 'fanfleet nightly: not comparable with the accepted baseline';
    expect(subjects([...nightsOf(LEARNT), ...nights])).toEqual([subject, null, subject]);
  });

  it('does not come while a history is learnt, nor after a reset', () => {
    expect(
      judge(nightsOf(LEARNT)).nights.map((_, i) => messageOf(judge(nightsOf(LEARNT.slice(0, i + 1))))),
    ).toEqual(Array(10).fill(null));
    expect(subjects(nightsOf([...LEARNT, 11.5, 11.5, 11.5, 11.5]), [resetAfter(12)]).at(-1)).toBeNull();
    expect(messageOf(judge([]))).toBeNull();
  });

  it('says what is slower by how much, how sure that is, and what to do', () => {
    const message = messageOf(judge(nightsOf([...LEARNT, 11.5, 11.5, 11.5])));
    expect(message?.text).toMatch(
      /serverless, time: 11\.5 s; last nights 1\.15 times the accepted baseline, limit 10\.3 s\./,
    );
    expect(message?.text).toMatch(/95 % interval 1\.1\d to 1\.1\d, p = 0\.00\d+\./);
    expect(message?.text).toContain('fanfleet history reset --name nightly --why');
    expect(message?.text).toContain('fanfleet report run-12');
  });

  it('has a subject as SNS takes it', () => {
    const name = 'x'.repeat(64);
    const history = judgeHistory({ name, nights: [...nightsOf(LEARNT), night(10, 10, changed)], resets: [] });
    expect(messageOf(history)?.subject).toMatch(/^[ -~]{1,100}$/);
  });
});

describe('the metrics of a night', () => {
  const metricsOf = (history: ReturnType<typeof judge>) =>
    nightMetrics(history, 'prod').map((line) => JSON.parse(line));

  it('are those of the history and of each arm, at the time of the night', () => {
    const nights = nightsOf([...LEARNT, 11.5, 11.5, 11.5]);
    const [all, arm] = metricsOf(judge(nights));
    expect(all).toMatchObject({
      stage: 'prod',
      history: 'nightly',
      nights: 1,
      failedNights: 0,
      regression: 1,
    });
    expect(arm).toMatchObject({ arm: 'serverless', seconds: 11.5, usd: 0.0115 });
    expect(arm.secondsRatio).toBeCloseTo(1.15);
    expect(arm._aws.Timestamp).toBe(nights.at(-1)?.at);
    expect(arm._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service', 'stage', 'history', 'arm']]);
  });

  it('keep the regression through a night that failed', () => {
    const [all, ...arms] = metricsOf(judge([...nightsOf([...LEARNT, 11.5, 11.5, 11.5]), failedNight(13)]));
    expect(all).toMatchObject({ failedNights: 1, regression: 1 });
    expect(arms).toEqual([]);
  });
});
