import { count, percent, plural } from '../../../format.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import { scrolling, stackedTable } from '../../sections/parts.ts';
import { type Confusion, confusionChart, MOST_DRAWN } from './confusion.ts';
import { type LabelFigures, labelFigures, type Matrix, type Mistake } from './figures.ts';

/** Rows of a table: of labels, and of mistakes. */
const MOST_LABELS = 50;
const MOST_MISTAKES = 20;

/**
 * What was taken for what: as a picture where there is room, else as a table.
 *
 * @param mistakes that are known, the most frequent first: all of them where there is a matrix
 */
export function confusionPart({ labels, confusion }: Matrix, mistakes: readonly Mistake[]): Fragment {
  if (confusion === null) {
    return [
      mistakeTable(mistakes),
      html`<p class="note">For the ${count(labels.length)} labels there is no confusion matrix.</p>`,
    ];
  }
  if (labels.length > MOST_DRAWN) {
    const rest = mistakes.length - MOST_MISTAKES;
    if (mistakes.length === 0) return null;
    return [
      mistakeTable(mistakes),
      html`<p class="note">${count(labels.length)} labels are too many for a picture. ${rest > 0 ? `${plural(rest, 'other kind')} of mistakes: ` : null}summary.json has all.</p>`,
    ];
  }
  return html`<h3>Confusion matrix <span class="quiet">rows: what images are; columns: what they were taken for</span></h3>${confusionChart({ labels, confusion })}
<details><summary>As a table</summary>${scrolling('Confusion matrix', confusionTable({ labels, confusion }))}</details>`;
}

function confusionTable({ labels, confusion }: Confusion): Markup {
  return html`<table class="matrix"><thead><tr><th scope="col">is, taken for</th>${labels.map((label) => html`<th scope="col"><bdi>${label}</bdi></th>`)}</tr></thead><tbody>
${labels.map((label, row) => html`<tr><th scope="row"><bdi>${label}</bdi></th>${labels.map((_, column) => html`<td>${count(confusion[row]?.[column] ?? 0)}</td>`)}</tr>`)}
</tbody></table>`;
}

/** Where there are too many labels to be drawn. */
function mistakeTable(mistakes: readonly Mistake[]): Fragment {
  if (mistakes.length === 0) return null;
  return html`<h3>The most frequent mistakes</h3>${stackedTable(
    [{ name: 'is' }, { name: 'taken for', text: true }, { name: 'images' }],
    mistakes
      .slice(0, MOST_MISTAKES)
      .map(({ truth, label, images }) => [
        html`<bdi class="label">${truth}</bdi>`,
        html`<bdi class="label">${label}</bdi>`,
        count(images),
      ]),
  )}`;
}

/** Recall and precision of each label; nothing where there is no matrix. */
export function labelTable(answer: Matrix): Fragment {
  const all = labelFigures(answer);
  if (all.length === 0) return null;
  const shown =
    all.length <= MOST_LABELS ? all : all.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, MOST_LABELS);
  const hidden = all.length - shown.length;
  return html`<h3>Labels <span class="quiet">recall: of the images that are it; precision: of those that were taken for it</span></h3>
${stackedTable(
  ['label', 'images', 'recognised', 'recall', 'taken for it', 'precision'].map((name) => ({ name })),
  shown.map(({ label, images, correct, recall, takenFor, precision }) => [
    html`<bdi class="label">${label}</bdi>`,
    count(images),
    count(correct),
    percent(recall),
    count(takenFor),
    percent(precision),
  ]),
)}
${hidden > 0 ? html`<p class="note">Those with the lowest recall; ${plural(hidden, 'label')} more: summary.json has the matrix.</p>` : null}`;
}

/** Labels of no image come last. */
function rankOf({ recall }: LabelFigures): number {
  return recall ?? 2;
}
