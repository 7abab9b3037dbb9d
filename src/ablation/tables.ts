import { markdownTable } from '../markdown-table.ts';
import { spread } from '../statistics/median.ts';
import { type Figure, foundText, ratioOf } from './figures.ts';
import type { Switch } from './switch.ts';
import type { Took } from './took.ts';

/** What each pipeline took: medians of the rounds, times with the least and the most. */
export function togetherTable(
  rows: readonly { readonly title: string; readonly took: readonly Took[] }[],
  figures: readonly Figure[],
): string {
  return markdownTable(
    ['', ...figures.map(({ title }) => title)],
    rows.map(({ title, took }) => [title, ...figures.map((figure) => figureText(figure, took))]),
  );
}

function figureText({ of, digits, hasRange }: Figure, took: readonly Took[]): string {
  const { median: middle, min, max } = spread(took.map(of));
  return hasRange
    ? `${middle.toFixed(digits)} [${min.toFixed(digits)}-${max.toFixed(digits)}]`
    : middle.toFixed(digits);
}

export interface AloneRow {
  readonly one: Switch;
  /** By round. */
  readonly with: readonly Took[];
  readonly without: readonly Took[];
}

/** Columns of a switch alone that are texts: its name, what it is, what was expected and what was found. */
const ALONE_TEXTS = 4;

/** How many times as much each takes as the same pipeline without it: medians of the ratios in the rounds. */
export function aloneTable(rows: readonly AloneRow[], figures: readonly Figure[]): string {
  const shown = figures.filter(({ title }) => title !== 'read MiB');
  return markdownTable(
    ['', 'what', 'expected', 'found', ...shown.map(({ title }) => title.replace(/ (MiB|KiB)$/, ''))],
    rows.map(({ one, with: having, without }) => [
      `\`${one.name}\`${one.needs.length === 0 ? '' : `, with ${one.needs.map((name) => `\`${name}\``).join(', ')}`}`,
      ...[one.what, one.expected],
      foundText(ratioOf(({ cpuSeconds }) => cpuSeconds, having, without)),
      ...shown.map((figure) => ratioText(figure, having, without)),
    ]),
    ALONE_TEXTS,
  );
}

function ratioText({ of, hasRange }: Figure, having: readonly Took[], without: readonly Took[]): string {
  const ratio = ratioOf(of, having, without);
  if (ratio === null) return '';
  const { median, min, max } = ratio;
  return hasRange ? `${median.toFixed(2)} [${min.toFixed(2)}-${max.toFixed(2)}]` : median.toFixed(2);
}
