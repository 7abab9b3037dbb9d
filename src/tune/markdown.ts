import { duration, instant, plural, printable, UNKNOWN, usd } from '../format.ts';
import { kernelsText } from '../kernels-text.ts';
import type { Spread } from '../statistics/median.ts';
import type { PointFigures, TuneFigures } from './figures.ts';
import { pointName } from './point.ts';
import type { Tune } from './tune.ts';

type Column = readonly [title: string, cell: (point: PointFigures) => string];

const COLUMNS: readonly Column[] = [
  ['memory', ({ memory }) => `${memory} MB`],
  ['batch size', ({ batchSize }) => (batchSize === null ? 'as deployed' : String(batchSize))],
  ['kernel', ({ kernels }) => kernels.join(', ') || UNKNOWN],
  ['batches', ({ batches }) => (batches === null ? UNKNOWN : String(batches))],
  ['time', ({ seconds }) => range(seconds, (value) => duration(value * 1000))],
  ['bill', ({ usd: bill }) => range(bill, usd)],
  ['time / least', ({ relativeTime }) => times(relativeTime)],
  ['bill / least', ({ relativeCost }) => times(relativeCost)],
  ['score', ({ score }) => score?.toFixed(3) ?? UNKNOWN],
  ['cold starts', ({ coldStarts }) => String(coldStarts)],
];

const WON = {
  cost: 'costs the least',
  speed: 'takes the least time',
  balanced: 'is the best of both',
} as const;

/** The outcome in one sentence. */
export function winnerSentence({ strategy, weight }: Tune, figures: TuneFigures): string {
  const { winner, near } = figures;
  if (figures.oneKernel === false) {
    return `No winner: the points measured with different kernels, which are different programs (${kernelsOf(figures)}). Tune again with \`--kernel native\` or \`portable\`.`;
  }
  if (winner === null) return 'No winner: no point was measured in every round.';
  const counted = strategy === 'balanced' ? ` (cost counts ${Math.round(100 * weight)} %)` : '';
  const doubt =
    near.length === 0
      ? ''
      : ` Within what these rounds are apart ${near.map((point) => pointName(point)).join('; ')} may be as good.`;
  return `${pointName(winner)} ${WON[strategy]}${counted}: ${duration((winner.seconds?.median ?? 0) * 1000)} and ${usd(winner.usd?.median ?? null)}.${doubt}`;
}

/** Each kernel, or several together, with the points that had it. */
function kernelsOf({ points }: TuneFigures): string {
  const measured = points.filter(({ kernels }) => kernels.length > 0);
  return [...Map.groupBy(measured, ({ kernels }) => kernelsText(kernels))]
    .map(([kernel, own]) => `${own.map(pointName).join('; ')} with ${kernel}`)
    .join('; ');
}

/** What a tuning on the local AWS is worth. */
export const OFFLINE_NOTES: Readonly<Record<NonNullable<Tune['functionLimits']>, string>> = {
  none: 'Measured on the local AWS, where memory does not change how fast a function is: it may use all cores of this machine. Only the bill follows the memory, so that the least memory wins for no good reason. Tune in an account (`--stage`), or start the local AWS with FANFLEET_FUNCTION_LIMITS=lambda.',
  lambda:
    'Measured on the local AWS, where a function has the processors that its memory gives it in Lambda, as long as this machine has as many for all that run at once. Its network is not that of Lambda, and what is best there only an account says (`--stage`).',
};

/** A tuning as a page in Markdown that is also readable as it is. */
export function renderTune(tune: Tune, figures: TuneFigures): string {
  const { tuneId, startedAt, request, points, rounds, state, functionLimits } = tune;
  return [
    `# Tuning ${tuneId}`,
    '',
    `**${winnerSentence(tune, figures)}**`,
    '',
    ...(functionLimits === null ? [] : [OFFLINE_NOTES[functionLimits], '']),
    printable(
      `Images under \`${request.prefix}\`; ${plural(points.length, 'point')}, ${plural(rounds, 'round')}, functions ${state}; begun ${instant(startedAt)}.`,
    ),
    answers(figures),
    '',
    ...table(figures.points, figures.winner),
    '',
    'Medians over the rounds [min-max]. Time and bill are those of the serverless arm. The score is the weighted sum of the',
    'logarithms of both over the least of each: 0 would be the fastest and the cheapest at once.',
    ...failures(figures),
    '',
  ].join('\n');
}

function answers({ digestsEqual }: TuneFigures): string {
  if (digestsEqual === null) return 'Nothing was measured.';
  return digestsEqual ? 'All runs gave the same answer.' : '**THE ANSWERS DIFFER.**';
}

function table(points: readonly PointFigures[], winner: PointFigures | null): string[] {
  const titles = [...COLUMNS.map(([title]) => title), ''];
  const rows = points.map((point) => [
    ...COLUMNS.map(([, cell]) => cell(point)),
    point === winner ? 'best' : '',
  ]);
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' | ')} |`;
  return [line(titles), line(widths.map((width) => `${'-'.repeat(width - 1)}:`)), ...rows.map(line)];
}

function failures({ points }: TuneFigures): string[] {
  const lines = points.flatMap((point) =>
    point.errors.map(({ round, message }) => {
      const said = printable(message.replaceAll(/\s+/g, ' ').trim());
      return `- ${pointName(point)}, round ${round + 1}: ${said}`;
    }),
  );
  return lines.length === 0 ? [] : ['', '## Failed runs', '', ...lines];
}

function range(of: Spread | null, text: (value: number) => string): string {
  if (of === null) return UNKNOWN;
  if (of.min === of.max) return text(of.median);
  return `${text(of.median)} [${text(of.min)}-${text(of.max)}]`;
}

function times(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(2)}x`;
}
