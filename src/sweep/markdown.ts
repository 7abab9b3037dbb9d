import { plural, printable } from '../format.ts';
import type { SweepFigures } from './figures.ts';
import { pointName } from './point.ts';
import type { Sweep } from './sweep.ts';
import {
  agreementText,
  COLUMNS,
  type Column,
  failedRuns,
  kernelText,
  NODE_COLUMNS,
  NOTE,
  nodeNote,
  nodesOfPoints,
  processorsText,
} from './table.ts';

/** Columns before this one are text, the others numbers. */
const FIRST_NUMBER = 2;

/** A sweep as a page in Markdown, whose table is also readable as it is. */
export function renderSweep(sweep: Sweep, figures: SweepFigures): string {
  const { sweepId, request, order, points } = sweep;
  return [
    `# Sweep ${sweepId}`,
    '',
    printable(
      `Images under \`${request.prefix}\`; ${plural(points.length, 'point')}, ${plural(sweep.rounds, 'round')}.`,
    ),
    agreementText(figures),
    kernelText(figures),
    processorsText(figures),
    '',
    ...table(COLUMNS, figures.points),
    '',
    NOTE,
    ...nodes(figures),
    ...failures(figures),
    '',
    '## Order of the runs',
    '',
    ...Map.groupBy(order, ({ round }) => round)
      .entries()
      .map(([round, turns]) => {
        const names = turns.flatMap(({ point }) => points[point] ?? []).map(pointName);
        return `${round + 1}. ${names.join('; ')}`;
      }),
    '',
  ].join('\n');
}

function nodes({ points }: SweepFigures): string[] {
  const shown = nodesOfPoints(points);
  return shown.length === 0 ? [] : ['', '## Nodes', '', ...table(NODE_COLUMNS, shown), '', nodeNote(points)];
}

function table<T>(columns: readonly Column<T>[], of: readonly T[]): string[] {
  const rows = of.map((one) => columns.map(([, cell]) => cell(one)));
  const titles = columns.map(([title]) => title);
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, i) =>
      i < FIRST_NUMBER ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, i) => (i < FIRST_NUMBER ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(titles), line(rule), ...rows.map(line)];
}

function failures(figures: SweepFigures): string[] {
  const lines = failedRuns(figures).map((text) => `- ${text}`);
  return lines.length === 0 ? [] : ['', '## Failed runs', '', ...lines];
}
