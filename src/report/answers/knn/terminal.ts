import { count, percent } from '../../../format.ts';
import { WIDTH, wrap } from '../../text/lines.ts';
import {
  accuracyText,
  type Classification,
  labelFigures,
  mistakesOf,
  mistakeText,
  shortLabel,
  unlabelledText,
} from './classification.ts';

/** Mistakes that are named. */
const MOST_MISTAKES = 8;

/** How many images were recognised, in a sentence or two. */
export function accuracyLines(answer: Classification): string[] {
  const [accuracy, of] = accuracyText(answer);
  const known = answer.labelled === 0 ? 'Accuracy not known.' : `Accuracy ${accuracy}: ${of} recognised.`;
  return wrap(`${known} ${unlabelledText(answer) ?? ''}`.trim());
}

/** What was taken for what. */
export function classificationLines(answer: Classification): string[] {
  const [matrix, mistakes] = [matrixLines(answer), mistakeLines(answer)];
  const both = matrix.length > 0 && mistakes.length > 0;
  const lines = [...matrix, ...(both ? [''] : []), ...mistakes];
  return lines.length === 0 ? [] : ['', 'Classification', ...lines];
}

function mistakeLines(answer: Classification): string[] {
  const mistakes = mistakesOf(answer);
  if (mistakes.length === 0) return [];
  const rest = mistakes.length - MOST_MISTAKES;
  const told = mistakes.slice(0, MOST_MISTAKES).map(mistakeText).join('; ');
  return wrap(`${told}${rest > 0 ? `; and ${count(rest)} more kinds` : ''}`);
}

/** The confusion matrix, where it fits: rows are what images are, columns what they were taken for. */
function matrixLines(answer: Classification): string[] {
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
