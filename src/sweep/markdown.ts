import { plural, printable } from '../format.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import { pointName } from './point.ts';
import type { Sweep } from './sweep.ts';
import { agreementText, COLUMNS, failedRuns, kernelText, NOTE, processorsText } from './table.ts';

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
    ...table(figures.points),
    '',
    NOTE,
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

function table(points: readonly PointFigures[]): string[] {
  const rows = points.map((point) => COLUMNS.map(([, cell]) => cell(point)));
  const titles = COLUMNS.map(([title]) => title);
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
