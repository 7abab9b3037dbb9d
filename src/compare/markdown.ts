import { instant, plural, printable, UNKNOWN } from '../format.ts';
import type { Turn } from '../sweep/order.ts';
import { latest } from '../sweep/sweep.ts';
import { type Comparison, orderOf } from './comparison.ts';
import type { Measurement } from './measurement.ts';
import { probability } from './reasons.ts';
import { factor, interval, nullTestSentence, quantity, verdictSentence } from './sentence.ts';

/** A comparison as a page in Markdown that is also readable as it is: the verdict, why, the figures, every run. */
export function renderComparison(comparison: Comparison): string {
  const { comparisonId, startedAt, a, b, request, reasons, verdict, environment } = comparison;
  const nulls = nullTestSentence(comparison);
  return [
    `# Comparison ${comparisonId}`,
    '',
    `**${verdictSentence(comparison)}**`,
    '',
    ...(verdict === 'not comparable' ? [] : [...reasons.map((reason) => `- ${printable(reason)}`), '']),
    `A is \`${printable(a.label)}\`, B is \`${printable(b.label)}\`. ${setting(comparison)}`,
    printable(`Images under \`${request.prefix}\`; begun ${instant(startedAt)}.`),
    ...(environment === null
      ? []
      : [
          printable(
            `Made ${environment.offline ? 'offline' : `in ${environment.region}`}, on ${environment.cores} cores (${environment.cpuModel}), Node ${environment.node}.`,
          ),
        ]),
    '',
    ...figures(comparison),
    ...(nulls === null ? [] : [nulls, '']),
    '## The runs, in their order',
    '',
    ...runs(comparison),
    '',
  ].join('\n');
}

function setting({ rounds, state, metric, nullComparisons }: Comparison): string {
  const nulls = nullComparisons === 0 ? '' : `, and A against A ${plural(nullComparisons, 'time')}`;
  return `${plural(rounds, 'pair')}${nulls}, by ${metric}, functions ${state}.`;
}

function figures({ metric, medians, ratio: found, pValue, minimumEffect }: Comparison): string[] {
  if (medians === null || found === null || pValue === null) return [];
  const text = (value: number) => quantity(metric, value);
  return table([
    ['', 'value [95 % interval]'],
    ['median of A', interval(medians.a, text)],
    ['median of B', interval(medians.b, text)],
    ['B / A', interval(found, factor)],
    ['p-value', probability(pValue)],
    ['least that counts', factor(1 + minimumEffect)],
  ]);
}

function runs(comparison: Comparison): string[] {
  const order = orderOf(comparison);
  const measured = latest({ order, measurements: comparison.measurements });
  if (measured.length === 0) return ['None was made.'];
  return table([
    ['round', 'of', 'run', comparison.metric, 'batches', 'cold starts'],
    ...measured.map((one) => [String(one.round + 1), nameOf(one), one.runId, ...cells(comparison, one)]),
  ]);
}

function nameOf({ point }: Pick<Turn, 'point'>): string {
  return point > 1 ? `A (null ${point >> 1})` : point === 1 ? 'B' : 'A';
}

/** What is being measured: `B, round 2`. */
export function turnName(turn: Turn): string {
  return `${nameOf(turn)}, round ${turn.round + 1}`;
}

function cells({ metric }: Comparison, one: Measurement): string[] {
  if (one.status === 'failed') {
    const said = `failed: ${one.error.message.replaceAll(/\s+/g, ' ').trim()}`;
    return [printable(said).replaceAll('|', '\\|'), UNKNOWN, UNKNOWN];
  }
  const figure = one.figures[metric];
  return [figure === null ? UNKNOWN : quantity(metric, figure), String(one.batches), String(one.coldStarts)];
}

/** The first row has the titles. */
function table(rows: readonly (readonly string[])[]): string[] {
  const [titles = []] = rows;
  const widths = titles.map((_, i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line), ''];
}
