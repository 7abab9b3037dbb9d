import { markdownTable } from '../src/markdown-table.ts';
import { spread } from '../src/statistics/median.ts';
import { medianRatio } from '../src/statistics/median-ratio.ts';
import { type Failed, failedLines, isTimed, type Timed } from './side-by-side.ts';

/** The quickest by CPU time first, with ratios to `peer` within the rounds. */
export function learningTable(results: readonly (Timed<string> | Failed)[], peer: string): string {
  const measured = results.filter(isTimed);
  const base = measured.find(({ name }) => name === peer);
  const sorted = measured.toSorted((a, b) => spread(a.cpu).median - spread(b.cpu).median);
  const table = markdownTable(
    ['Contender', 's, median [min-max]', 'CPU s', `CPU of ${peer} over its own`, 'answer'],
    sorted.map(({ name, kind, wall, cpu, answer }) => [
      kind === 'fanfleet' ? `**${name}**` : name,
      figures(wall),
      figures(cpu),
      base !== undefined && base.cpu.length === cpu.length ? medianRatio(base.cpu, cpu).toPrecision(3) : '',
      answer,
    ]),
  );
  return `${table}${failedLines(results)}`;
}

function figures(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toPrecision(3));
  return values.length === 1 ? `${middle}, one pass` : `${middle} [${least}-${most}]`;
}
