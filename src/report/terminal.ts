import { breakEvenSentences, flipSentences } from '../advice/text.ts';
import { meaningOf } from '../contract/row.ts';
import { count, instant, plural, printable, shortDigest } from '../format.ts';
import { workloadLabel, workloadText } from '../workloads/text.ts';
import { answerView } from './answers/reports.ts';
import type { FigureGroup } from './figure-rows.ts';
import { figuresOf, groupsOf, shownRound } from './figures.ts';
import { REMARKS_IN_LINE } from './headline.ts';
import { HOST_COLUMNS, hostFigures } from './host-figures.ts';
import { planned } from './plan-remarks.ts';
import type { Summary } from './summary-schema.ts';
import { cut, WIDTH, wrap } from './text/lines.ts';

const LABEL = 26;
const COLUMN = 24;

/** The summary as plain text, at most 100 columns wide but for what cannot be broken; ends with a line feed. */
export function renderTerminal(summary: Summary): string {
  const figures = figuresOf(summary);
  const found = answerView(summary).terminal();
  const { columns, speed } = figures;
  const further = groupsOf(figures).filter((group) => group !== speed);
  const head = tableLine('', columns);
  return [
    ...outcome(summary),
    '',
    ...facts(summary, found.lead),
    '',
    head,
    '─'.repeat(head.length),
    ...table(speed),
    ...further.flatMap((group) => ['', group.title, ...table(group)]),
    ...found.rest,
    ...advice(summary),
    ...hosts(summary),
    ...errors(summary),
    ...failures(summary),
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Letters of a workload that has no line of its own. */
const MOST_IN_LINE = 30;

function outcome({ headline, remarks }: Summary): string[] {
  if (remarks.length <= REMARKS_IN_LINE) return wrap(printable([headline, ...remarks].join(' ')));
  return [...wrap(printable(headline)), ...remarks.flatMap((remark) => wrap(`- ${printable(remark)}`))];
}

function facts(summary: Summary, ofAnswer: readonly string[]): string[] {
  const { agreement, request, plan, unit, environment, contended, runId, startedAt } = summary;
  const where = environment.offline ? 'offline, on this machine' : `AWS ${environment.region}`;
  const together =
    request.arms.length < 2 ? '' : `, ${request.schedule === 'parallel' ? 'at once' : 'one after the other'}`;
  const what = workloadText(request.workload);
  const isLong = what.length > MOST_IN_LINE;
  const digest = agreement.digest === null ? '' : ` Digest ${shortDigest(agreement.digest)}.`;
  return [
    ...wrap(`${agreement.reason}${digest}`),
    ...ofAnswer,
    ...(contended ? ['CONTENDED: both arms shared the same cores; their times are no measure.'] : []),
    '',
    printable(`s3://${request.bucket}/${request.prefix}`),
    `${planned(plan, unit)} · ${isLong ? workloadLabel(request.workload) : what}`,
    ...(isLong ? wrap(printable(what)) : []),
    `${plural(request.repeats, 'round')} · ${where}${together}`,
    `run ${printable(runId)}, ${instant(startedAt)}`,
  ];
}

function table({ rows }: FigureGroup): string[] {
  return rows.map(({ label, cells, shares }) =>
    tableLine(
      label,
      cells.map(({ text }, i) => (shares === undefined ? text : `${text} ${(shares[i] ?? '').padStart(8)}`)),
    ),
  );
}

function tableLine(label: string, cells: readonly string[]): string {
  return label.padEnd(LABEL) + cells.map((cell) => cell.padStart(COLUMN)).join('');
}

function advice({ advice: given }: Summary): string[] {
  if (given === null) return [];
  const said = [given.sentence, ...breakEvenSentences(given), ...flipSentences(given)];
  return ['', 'Advice', ...said.flatMap((sentence) => wrap(sentence))];
}

const HOST_COLUMN = 12;
const MOST_HOSTS = 16;

/** The hosts of the fleet, if any of them was measured. */
function hosts(summary: Summary): string[] {
  const all = summary.arms.flatMap((arm) => shownRound(summary, arm)?.hosts ?? []);
  if (all.every(({ utilisation }) => utilisation === null)) return [];
  const line = (name: string, cells: readonly string[], state: string) =>
    `${name.padEnd(LABEL - 6)}${cells.map((cell) => cell.padStart(HOST_COLUMN)).join('')}  ${state}`;
  return [
    '',
    line('Hosts', HOST_COLUMNS, 'state'),
    ...all.slice(0, MOST_HOSTS).map((host) => {
      const { instanceId, cells, state } = hostFigures(host);
      return line(cut(printable(instanceId), LABEL - 6), cells, state);
    }),
    ...(all.length > MOST_HOSTS ? [`… ${count(all.length - MOST_HOSTS)} more`] : []),
  ];
}

function errors({ rounds }: Summary): string[] {
  const lines = rounds.flatMap(({ round, arms }) =>
    arms.flatMap(({ arm, error, problems }) => [
      ...(error === null ? [] : [`${arm}, round ${round}: ${error.code}: ${error.message}`]),
      ...problems.map(
        ({ code, count: times, message, examples }) =>
          `${arm}, round ${round}: ${code} (${count(times)}): ${message}, e.g. ${examples[0] ?? ''}`,
      ),
    ]),
  );
  return lines.length === 0
    ? []
    : ['', 'Problems', ...lines.flatMap((line) => wrap(cut(printable(line), 400)))];
}

function failures({ failures: { codes }, unit }: Summary): string[] {
  if (codes.length === 0) return [];
  const lines = codes.flatMap(({ code, count: times, examples }) => [
    `${code.padEnd(LABEL)}${count(times).padStart(COLUMN)}`,
    ...wrap(meaningOf(code)),
    ...examples.slice(0, 3).map((key) => `  ${cut(printable(key), WIDTH - 2)}`),
    ...(times > 3 ? [`  … ${count(times - 3)} more`] : []),
  ]);
  return ['', `Failed ${unit.many}`, ...lines];
}
