import { count, plural } from '../../../format.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import type { Summary } from '../../summary-schema.ts';
import type { PageImages } from '../../thumbnails/page-images.ts';
import { lastPart, thumbnail } from '../../thumbnails/shown-image.ts';
import { completenessNote } from '../completeness.ts';
import { accuracyText, mistakesOf } from '../recognition/figures.ts';
import { confusionPart, labelTable } from '../recognition/tables.ts';
import { type Classification, unlabelledText } from './classification.ts';
import { askedImage, learntImage, NEIGHBOURS_SHOWN, WRONG_SHOWN } from './images.ts';

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
${labelled === 0 ? null : [confusionPart(answer, mistakesOf(answer)), labelTable(answer)]}
${wrongImages(answer, images)}</section>`;
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
