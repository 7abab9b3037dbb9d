import { duration, percent, plural, printable, ratio, shortDigest, UNKNOWN } from '../report/format.ts';
import type { Spread } from '../timing/spread.ts';
import type { PointFigures, SweepFigures } from './figures.ts';
import { pointName } from './point.ts';
import type { Sweep } from './sweep.ts';

type Column = readonly [title: string, cell: (point: PointFigures) => string];

const COLUMNS: readonly Column[] = [
  ['operation', ({ operation }) => operation],
  ['engine', ({ engine }) => engine],
  ['workers', ({ workers }) => String(workers)],
  ['runs', ({ succeeded, rounds }) => `${succeeded} of ${rounds}`],
  ['arm', ({ arm }) => range(arm, duration)],
  ['boot', ({ boot }) => range(boot, duration)],
  ['engine start', ({ engineStart }) => range(engineStart, duration)],
  ['processing', ({ processing }) => range(processing, duration)],
  ['speedup', ({ scaling }) => ratio(scaling?.speedup ?? null)],
  ['efficiency', ({ scaling }) => decimal(scaling?.efficiency)],
  ['serial fraction', ({ scaling }) => decimal(scaling?.serialFraction)],
  ['utilisation', ({ utilisation }) => range(utilisation, percent)],
  ['digest', ({ digest, succeeded }) => (digest === null && succeeded > 0 ? 'several' : shortDigest(digest))],
];
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
    agreement(figures),
    processors(figures),
    '',
    ...table(figures.points),
    '',
    'Medians over the rounds [min-max]. Speedup, efficiency and serial fraction (Karp-Flatt) are those of the processing,',
    'against the fewest workers of the same engine and operation. Utilisation: CPU time of the batches over the',
    'processors of the workers x processing time.',
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

function agreement({ agreements }: SweepFigures): string {
  const said = agreements.map(({ operation, equal, digests }) => {
    if (equal === null) return `${operation}: nothing was measured`;
    if (equal) return `${operation}: all digests are equal (${shortDigest(digests[0] ?? null)})`;
    return `${operation}: **THE DIGESTS DIFFER** (${digests.map(shortDigest).join(', ')})`;
  });
  return `${said.join('; ')}.`;
}

function processors({ processors: of, fits }: SweepFigures): string {
  if (of === null) return 'No host said how many processors it had.';
  if (of.machine === null) return 'Every host is a machine of its own.';
  const sum = `The hosts of the largest fleet may use ${Number(of.all.toFixed(2))} processors together, and this machine has ${of.machine}`;
  return fits
    ? `${sum}: every worker had its own share, so the curve is honest.`
    : `WARNING: ${sum}. They slow each other down, so speedup and efficiency are no measure of the engines.`;
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

function failures({ points }: SweepFigures): string[] {
  const lines = points.flatMap((point) =>
    point.errors.map(({ round, code, message }) => {
      const text = message.replaceAll(/\s+/g, ' ').trim();
      // Our own messages begin with their code.
      const said = text.startsWith(`[${code}] `) ? text : `${code}: ${text}`;
      return `- ${pointName(point)}, round ${round + 1}: ${printable(said)}`;
    }),
  );
  return lines.length === 0 ? [] : ['', '## Failed runs', '', ...lines];
}

function range(of: Spread | null, text: (value: number) => string): string {
  if (of === null) return UNKNOWN;
  if (of.min === of.max) return text(of.median);
  return `${text(of.median)} [${text(of.min)}-${text(of.max)}]`;
}

function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : value.toFixed(2);
}
