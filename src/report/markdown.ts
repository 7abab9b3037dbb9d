import { meaningOf } from '../contract/row.ts';
import { count, instant, itemCount, plural } from '../format.ts';
import { workloadText } from '../workloads/text.ts';
import { answerView } from './answers/reports.ts';
import type { FigureGroup } from './figure-rows.ts';
import { type Figures, figuresOf } from './figures.ts';
import { REMARKS_IN_LINE } from './headline.ts';
import { asCode, folded, text } from './markdown-text.ts';
import { planned } from './plan-remarks.ts';
import type { Summary } from './summary-schema.ts';

/** The summary as Markdown for a pull request: the outcome and the table of arms, the rest folded. */
export function renderMarkdown(summary: Summary): string {
  const figures = figuresOf(summary);
  const found = answerView(summary).markdown();
  const { headline, remarks, agreement, environment, request, plan, runId, startedAt } = summary;
  const { speed, stages, cost, answer, phases, work } = figures;
  const where = environment.offline ? 'offline, on one machine' : `AWS ${environment.region}`;
  const { equal } = agreement;
  return [
    `### ${text(headline)}`,
    '',
    ...(remarks.length === 0 ? [] : [...remarkLines(remarks), '']),
    `**${equal === null ? 'Not compared.' : equal ? 'Same answer.' : 'DIFFERENT ANSWERS.'}** ${text(agreement.reason)}`,
    '',
    ...found.lead,
    ...table(figures, [speed, stages, cost, answer]),
    '',
    ...(cost.rows.length === 0 ? ['Cost: not known.', ''] : []),
    ...(summary.advice === null ? [] : [`**Advice.** ${text(summary.advice.sentence)}`, '']),
    ...found.rest,
    ...folded('Where the time went', table(figures, [phases], figures.arms)),
    ...folded('Workers', table(figures, [work])),
    ...failures(summary),
    ...problems(summary),
    text(
      `${planned(plan, summary.unit)}; ${workloadText(request.workload)}; ${plural(request.repeats, 'round')}; ${where}; run ${runId}, ${instant(startedAt)}.`,
    ),
    '',
  ].join('\n');
}

function remarkLines(remarks: readonly string[]): string[] {
  if (remarks.length <= REMARKS_IN_LINE) return [text(remarks.join(' '))];
  return remarks.map((remark) => `- ${text(remark)}`);
}

function table({ columns }: Figures, groups: readonly FigureGroup[], columnCount = columns.length): string[] {
  const shown = columns.slice(0, columnCount);
  return [
    `| | ${shown.join(' | ')} |`,
    `|---|${shown.map(() => '---:').join('|')}|`,
    ...groups.flatMap(({ rows }) =>
      rows.map(({ label, cells, shares }) => {
        const texts = cells.map((cell, i) => text([cell.text, shares?.[i] ?? ''].join(' ').trim()));
        return `| ${text(label)} | ${texts.join(' | ')} |`;
      }),
    ),
  ];
}

/** Keys of each kind of failure that are named. */
const EXAMPLES = 5;

function failures({ failures: { codes }, unit }: Summary): string[] {
  if (codes.length === 0) return [];
  const lines = codes.map(({ code, count: times, examples }) => {
    const named = examples.slice(0, EXAMPLES).map(asCode);
    const more = times > named.length ? `, and ${count(times - named.length)} more` : '';
    return `- ${code} (${meaningOf(code)}): ${itemCount(times, unit)}: ${named.join(', ')}${more}`;
  });
  return folded(`Failed ${unit.many}`, lines);
}

function problems({ rounds }: Summary): string[] {
  const lines = rounds.flatMap(({ arms }) =>
    arms.flatMap(({ arm, round, error, problems: found }) => [
      ...(error === null ? [] : [`- ${arm}, round ${round}: ${asCode(error.code)} ${text(error.message)}`]),
      ...found.map(
        ({ code, count: times, message }) =>
          `- ${arm}, round ${round}: ${asCode(code)} (${count(times)}): ${text(message)}`,
      ),
    ]),
  );
  return lines.length === 0 ? [] : folded('Problems', lines);
}
