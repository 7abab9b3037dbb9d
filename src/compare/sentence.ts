import { duration, figure, percent, plural, printable, UNKNOWN, usd } from '../format.ts';
import type { Comparison } from './comparison.ts';
import type { Metric } from './measurement.ts';
import type { Estimate } from './verdict.ts';

/** What less of a metric is called. */
const LESS: Readonly<Record<Metric, string>> = {
  wall: 'faster',
  processing: 'faster, by the time of its batches',
  cpu: 'lighter, by the CPU time of its batches',
  cost: 'cheaper',
};

/** A figure of a metric: a duration, or dollars. */
export function quantity(metric: Metric, value: number): string {
  if (metric === 'cost') return usd(value);
  return value < 120 ? figure(value, ' s') : duration(value * 1000);
}

/** A ratio with three decimals: a difference of one per cent is to be seen. */
export function factor(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(3)}x` : UNKNOWN;
}

/** An estimate with its interval: `0.412 s [0.402 s - 0.433 s]`. */
export function interval({ value, low, high }: Estimate, text: (value: number) => string): string {
  return low === null || high === null ? text(value) : `${text(value)} [${text(low)} - ${text(high)}]`;
}

/** The verdict in one sentence. */
export function verdictSentence({
  verdict,
  a,
  b,
  metric,
  ratio: found,
  medians,
  reasons,
  rounds,
}: Comparison): string {
  if (verdict === 'not comparable' || found === null || medians === null) {
    return `Not comparable: ${printable(reasons[0] ?? '')}`;
  }
  const pairs = `over ${plural(rounds, 'pair')}`;
  const figures = `${quantity(metric, medians.a.value)} against ${quantity(metric, medians.b.value)}`;
  if (verdict === 'no difference shown')
    return `No difference shown ${pairs}: ${figures}, B / A ${interval(found, factor)}.`;
  const [name, winner, times] =
    verdict === 'A faster' ? (['A', a, found] as const) : (['B', b, inverse(found)] as const);
  return `${name} (${printable(winner.label)}) is ${LESS[metric]}, ${interval(times, factor)} ${pairs}: ${figures}.`;
}

function inverse({ value, low, high }: Estimate): Estimate {
  return { value: 1 / value, low: high === null ? null : 1 / high, high: low === null ? null : 1 / low };
}

/** What the null test found, in one sentence; null where there was none. */
export function nullTestSentence({ nullTest, rounds }: Comparison): string | null {
  if (nullTest === null) return null;
  const { comparisons, calledDifferent, ratios } = nullTest;
  const range = `${factor(Math.min(...ratios))} - ${factor(Math.max(...ratios))}`;
  return `A against A, ${plural(comparisons, 'comparison')} of ${plural(rounds, 'pair')} each: noise alone was called a difference in ${calledDifferent} (${percent(calledDifferent / comparisons)}); ratios ${range}.`;
}
