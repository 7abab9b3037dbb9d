import { count, percent, plural } from '../../../format.ts';
import { folded, text } from '../../markdown-text.ts';
import { labelFigures, type Recognition } from './figures.ts';

/** Labels of whom figures are shown. */
const MOST_LABELS = 50;

/** A table of the labels. */
export function labelsMarkdown(answer: Recognition): string[] {
  if (answer.labelled === 0 || answer.confusion === null) return [];
  const shown = labelFigures(answer).slice(0, MOST_LABELS);
  const rest = answer.labels.length - shown.length;
  return folded('Labels', [
    '| label | images | recognised | recall | taken for it | precision |',
    '|---|---:|---:|---:|---:|---:|',
    ...shown.map(
      ({ label, images, correct, recall, takenFor, precision }) =>
        `| ${text(label)} | ${[count(images), count(correct), percent(recall), count(takenFor), percent(precision)].join(' | ')} |`,
    ),
    ...(rest > 0 ? ['', `And ${plural(rest, 'label')} more.`] : []),
  ]);
}
