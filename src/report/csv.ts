import { serviceName } from './charts/cost-split.ts';
import { labelFigures, mistakesOf } from './classification.ts';
import { type Cell, figuresOf, groupsOf } from './figures.ts';
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
    ...classificationLines(summary),
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

function classificationLines({ answer }: Summary): Field[][] {
  if (answer?.kind !== 'knn') return [];
  const { source, accuracy, asked, labelled, correct } = answer;
  const line = (figure: string, value: Field, unit: string): Field[] => [
    ...['Classification', figure, source.arm],
    source.round,
    value,
    unit,
  ];
  return [
    line('accuracy', accuracy, 'ratio'),
    line('asked', asked, 'images'),
    line('with a known label', labelled, 'images'),
    line('recognised', correct, 'images'),
    ...labelFigures(answer).flatMap(({ label, recall, precision }) => [
      line(`recall of ${label}`, recall, 'ratio'),
      line(`precision of ${label}`, precision, 'ratio'),
    ]),
    ...mistakesOf(answer).map(({ truth, label, images }) =>
      line(`taken for ${label}: ${truth}`, images, 'images'),
    ),
  ];
}

function roundLines({ rounds }: Summary): Field[][] {
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
        line('images/s', one.imagesPerSecond, 'images/s'),
        line('images', one.digest === null ? null : one.images, 'images'),
        line('failed images', one.digest === null ? null : one.failedImages, 'images'),
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
