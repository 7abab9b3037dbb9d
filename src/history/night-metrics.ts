import { type Metrics, metricsLine } from '../metrics-line.ts';
import type { JudgedHistory } from './judge.ts';

/**
 * The last night for CloudWatch, in lines of its embedded metric format: `nights`, `failedNights` and `regression` (0 or 1) of the
 * history; `seconds`, `usd`, `secondsRatio` and `usdRatio` of each arm, the ratios being those to the accepted baseline.
 */
export function nightMetrics({ name, nights, regressions }: JudgedHistory, stage: string): string[] {
  const last = nights.at(-1);
  if (last === undefined) return [];
  const line = (more: Record<string, string>, values: Metrics['values']) =>
    metricsLine(
      { namespace: 'fanfleet', dimensions: { service: 'nightly', stage, history: name, ...more }, values },
      last.night.at,
    );
  const count = (value: number) => ({ value, unit: 'Count' as const });
  const arms = Map.groupBy(last.judgements, ({ arm }) => arm);
  return [
    line(
      {},
      {
        nights: count(1),
        failedNights: count(last.state === 'failed' ? 1 : 0),
        regression: count(regressions.length > 0 ? 1 : 0),
      },
    ),
    ...[...arms].map(([arm, judgements]) => {
      const values = judgements.flatMap(({ measure, value, ratio }) => [
        [measure, { value, unit: measure === 'seconds' ? 'Seconds' : 'None' }] as const,
        ...(ratio === null ? [] : [[`${measure}Ratio`, { value: ratio, unit: 'None' }] as const]),
      ]);
      return line({ arm }, Object.fromEntries(values));
    }),
  ];
}
