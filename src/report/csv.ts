import { answerView } from './answers/reports.ts';
import { serviceName } from './charts/cost-split.ts';
import type { Cell } from './figure-rows.ts';
import { figuresOf, groupsOf } from './figures.ts';
import type { Summary } from './summary-schema.ts';

type Field = Cell['value'];

const HEADER = ['group', 'figure', 'arm', 'round', 'value', 'unit'];

/**
 * The figures of a summary as CSV: one figure per line, `group,figure,arm,round,value,unit`, as they are in
 * summary.json, not rounded. An empty value is not known; an empty round stands for all of them.
 */
export function renderCsv(summary: Summary): string {
  const figures = figuresOf(summary);
  const lines: Field[][] = [HEADER];
  for (const { title, rows } of groupsOf(figures)) {
    for (const { label, unit, cells } of rows) {
      for (const [i, { value }] of cells.entries()) {
        lines.push([title, label, figures.columns[i] ?? '', null, value, unit]);
      }
    }
  }
  lines.push(
    ...rankingLines(summary),
    ...answerLines(summary),
    ...roundLines(summary),
    ...billLines(summary),
  );
  return lines.map((fields) => `${fields.map(quoted).join(',')}\n`).join('');
}

function rankingLines({ ranking }: Summary): Field[][] {
  return [
    ['Ranking', 'faster', null, null, ranking.faster, ''],
    ['Ranking', 'ratio', null, null, ranking.ratio, 'ratio'],
    ['Ranking', 'obstacle', null, null, ranking.obstacle, ''],
  ];
}

function answerLines(summary: Summary): Field[][] {
  const { title, figures } = answerView(summary);
  const { arm, round } = summary.answer?.source ?? { arm: null, round: null };
  return figures().map(({ figure, value, unit }) => [title, figure, arm, round, value, unit]);
}

function roundLines({ rounds, unit: { many } }: Summary): Field[][] {
  return rounds.flatMap(({ arms }) =>
    arms.flatMap((one) => {
      const line = (figure: string, value: Field, unit = ''): Field[] => [
        ...['Rounds', figure, one.arm],
        one.round,
        value,
        unit,
      ];
      return [
        line('status', one.status),
        line('wall time', one.wallMs, 'ms'),
        line(`${many}/s`, one.itemsPerSecond, `${many}/s`),
        line(many, one.digest === null ? null : one.items, many),
        line(`failed ${many}`, one.digest === null ? null : one.failedItems, many),
        line('digest', one.digest),
      ];
    }),
  );
}

function billLines({ cost }: Summary): Field[][] {
  return (cost?.arms ?? []).flatMap(({ arm, bill }) =>
    bill.lines.map(({ service, item, usd }): Field[] => [
      'Bill',
      `${serviceName(service)}: ${item}`,
      arm,
      null,
      usd,
      'USD',
    ]),
  );
}

/** As RFC 4180 has it, but for line ends. */
function quoted(field: Field): string {
  const text = field === null ? '' : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
