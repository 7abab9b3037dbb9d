import { count, percent, plural } from '../../../format.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import { scrolling, stackedTable } from '../../sections/parts.ts';
import type { Summary } from '../../summary-schema.ts';
import type { PageImages } from '../../thumbnails/page-images.ts';
import { completenessNote } from '../completeness.ts';
import {
  accuracyText,
  type Classification,
  type LabelFigures,
  labelFigures,
  mistakesOf,
  unlabelledText,
} from './classification.ts';
import { confusionChart, type Matrix, MOST_DRAWN } from './confusion.ts';
import { askedImage, learntImage, NEIGHBOURS_SHOWN, WRONG_SHOWN } from './images.ts';

/** Rows of a table: of labels, and of mistakes. */
const MOST_LABELS = 50;
const MOST_MISTAKES = 20;

/** How many images were recognised, what was taken for what, and the nearest ones of those that were not. */
export function classificationSection(answer: Classification, summary: Summary, images: PageImages): Markup {
  const { source, labelled } = answer;
  const [accuracy, of] = accuracyText(answer);
  const result =
    labelled === 0
      ? html`<b class="open">Accuracy not known:</b> of no image that was asked is it known what it is.`
      : html`<b>Accuracy ${accuracy}:</b> ${of} recognised. Counted from the rows of ${source.arm}, round ${source.round}. ${unlabelledText(answer)}`;
  return html`<section><h2>Classification</h2>
<p>${result}
${completenessNote(summary, source)}</p>
${labelled === 0 ? null : [confusion(answer), labelTable(answer)]}
${wrongImages(answer, images)}</section>`;
}

function confusion(answer: Classification): Fragment {
  const { labels, confusion } = answer;
  if (confusion === null) {
    return html`<p class="note">For the ${count(labels.length)} labels there is no confusion matrix.</p>`;
  }
  if (labels.length > MOST_DRAWN) return mistakeTable(answer);
  return html`<h3>Confusion matrix <span class="quiet">rows: what images are; columns: what they were taken for</span></h3>${confusionChart({ labels, confusion })}
<details><summary>As a table</summary>${scrolling('Confusion matrix', confusionTable({ labels, confusion }))}</details>`;
}

function confusionTable({ labels, confusion }: Matrix): Markup {
  return html`<table class="matrix"><thead><tr><th scope="col">is, taken for</th>${labels.map((label) => html`<th scope="col"><bdi>${label}</bdi></th>`)}</tr></thead><tbody>
${labels.map((label, row) => html`<tr><th scope="row"><bdi>${label}</bdi></th>${labels.map((_, column) => html`<td>${count(confusion[row]?.[column] ?? 0)}</td>`)}</tr>`)}
</tbody></table>`;
}

/** Where there are too many labels to be drawn. */
function mistakeTable(answer: Classification): Fragment {
  const mistakes = mistakesOf(answer);
  if (mistakes.length === 0) return null;
  const rest = mistakes.length - MOST_MISTAKES;
  return html`<h3>The most frequent mistakes</h3>${stackedTable(
    [{ name: 'is' }, { name: 'taken for', text: true }, { name: 'images' }],
    mistakes
      .slice(0, MOST_MISTAKES)
      .map(({ truth, label, images }) => [
        html`<bdi class="label">${truth}</bdi>`,
        html`<bdi class="label">${label}</bdi>`,
        count(images),
      ]),
  )}
<p class="note">${count(answer.labels.length)} labels are too many for a picture. ${rest > 0 ? `${plural(rest, 'other kind')} of mistakes: ` : null}summary.json has all.</p>`;
}

function labelTable(answer: Classification): Fragment {
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

function wrongImages(answer: Classification, images: PageImages): Fragment {
  const wrong = answer.labelled - answer.correct;
  if (wrong === 0) return null;
  const shown = answer.wrong.slice(0, WRONG_SHOWN);
  const nearest = Math.min(NEIGHBOURS_SHOWN, ...shown.map(({ neighbours }) => neighbours.length));
  return html`<h3>Not recognised <span class="quiet">${plural(wrong, 'image')}${wrong > shown.length ? `, of which the first ${count(shown.length)}` : null}; below each its ${nearest === 1 ? 'nearest' : `${count(nearest)} nearest`} of the training set, with the square of the distance</span></h3>
${images.note === null ? null : html`<p class="note">${images.note}</p>`}
<ul class="wrong-images">${shown.map((one) => wrongImage(one, images))}</ul>`;
}

function wrongImage(
  { key, label, truth, neighbours }: Classification['wrong'][number],
  { shown, size }: PageImages,
): Markup {
  return html`<li><div class="asked">${thumbnail(shown.get(askedImage(key)), `image of ${truth}`, size)}<p><bdi class="key" title="${key}">${lastPart(key)}</bdi>is <b><bdi>${truth}</bdi></b>, taken for <b><bdi>${label}</bdi></b></p></div>
<ol class="neighbours">${neighbours
    .slice(0, NEIGHBOURS_SHOWN)
    .map(
      (one) =>
        html`<li>${thumbnail(shown.get(learntImage(one.key)), `image of ${one.label}`, size)}<p><b title="${one.label}"><bdi>${one.label}</bdi></b> ${count(one.distance)}<bdi class="key" title="${one.key}">${lastPart(one.key)}</bdi></p></li>`,
    )}</ol></li>`;
}

function thumbnail(uri: string | undefined, alt: string, size: PageImages['size']): Fragment {
  if (uri === undefined) return null;
  const { width, height, isEnlarged } = size ?? { width: 64, height: 64, isEnlarged: false };
  return html`<img class="thumbnail${isEnlarged ? ' pixelated' : ''}" src="${uri}" alt="${alt}" width="${width}" height="${height}">`;
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/', key.length - 2) + 1);
}
