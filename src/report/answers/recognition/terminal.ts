import { count, percent } from '../../../format.ts';
import { WIDTH, wrap } from '../../text/lines.ts';
import { labelFigures, type Mistake, mistakeText, type Recognition, shortLabel } from './figures.ts';

/** Mistakes that are named. */
const MOST_MISTAKES = 8;

/** What was taken for what; the mistakes that are known, the most frequent first. */
export function confusionLines(answer: Recognition, mistakes: readonly Mistake[]): string[] {
  const [matrix, told] = [matrixLines(answer), mistakeLines(mistakes)];
  const both = matrix.length > 0 && told.length > 0;
  return [...matrix, ...(both ? [''] : []), ...told];
}

function mistakeLines(mistakes: readonly Mistake[]): string[] {
  if (mistakes.length === 0) return [];
  const rest = mistakes.length - MOST_MISTAKES;
  const told = mistakes.slice(0, MOST_MISTAKES).map(mistakeText).join('; ');
  return wrap(`${told}${rest > 0 ? `; and ${count(rest)} more kinds` : ''}`);
}

/** The confusion matrix, where it fits: rows are what images are, columns what they were taken for. */
function matrixLines(answer: Recognition): string[] {
  if (answer.confusion === null || answer.labelled === 0) return [];
  const labels = answer.labels.map(shortLabel);
  const figures = labelFigures(answer);
  const rows = [
    ['is, taken for', ...labels, 'recall', 'precision'],
    ...answer.confusion.map((row, i) => [
      labels[i] ?? '',
      ...row.map(count),
      percent(figures[i]?.recall ?? null),
      percent(figures[i]?.precision ?? null),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  if (widths.reduce((sum, width) => sum + width + 2, -2) > WIDTH) return [];
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : `  ${cell.padStart(widths[i] ?? 0)}`))
      .join(''),
  );
}
