import { count, percent, plural } from '../../../format.ts';
import { CERTAIN } from '../../../workloads/classify/row-check.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import { stackedTable } from '../../sections/parts.ts';
import type { Summary } from '../../summary-schema.ts';
import type { PageImages } from '../../thumbnails/page-images.ts';
import { lastPart, thumbnail } from '../../thumbnails/shown-image.ts';
import { completenessNote } from '../completeness.ts';
import { confusionPart, labelTable } from '../recognition/tables.ts';
import {
  type Classification,
  type Example,
  knownMistakes,
  outcomeText,
  scoreText,
  sureText,
  topAccuracyText,
  topOf,
  uncountedTexts,
} from './classification.ts';
import { SHOWN } from './images.ts';
import { scoreChart } from './score-chart.ts';

/** The best classes of an image that are shown. */
const SCORES_SHOWN = 3;

/** How many images were recognised, how sure the model was, and which were not recognised or least sure. */
export function classificationSection(answer: Classification, summary: Summary, images: PageImages): Markup {
  const { source, labelled } = answer;
  const [outcome, of] = outcomeText(answer);
  const top = topAccuracyText(answer, topOf(summary.request));
  return html`<section><h2>Classification</h2>
<p><b>${outcome}:</b> ${of}. ${top && html`<b>${top[0]}:</b> ${top[1]}. `}Counted from the rows of ${source.arm}, round ${source.round}. ${uncountedTexts(answer).join(' ')}
${completenessNote(summary, source)}</p>
${labelled === 0 ? null : [confusionPart(answer, knownMistakes(answer)), labelTable(answer)]}
${countTable(answer)}
${scores(answer)}
${wrongImages(answer, images)}
${unsureImages(answer, images)}</section>`;
}

/** What images were taken for, where no table of the labels says it. */
function countTable({ classified, labelled, counts, confusion }: Classification): Fragment {
  if (counts.length === 0 || (labelled > 0 && confusion !== null)) return null;
  const told = counts.reduce((sum, { images }) => sum + images, 0);
  const rest = classified - told;
  return html`<h3>Taken for <span class="quiet">what most images were taken for</span></h3>
${stackedTable(
  ['label', 'images', 'part'].map((name) => ({ name })),
  counts.map(({ label, images }) => [
    html`<bdi class="label">${label}</bdi>`,
    count(images),
    percent(images / classified),
  ]),
)}
${rest > 0 ? html`<p class="note">${plural(rest, 'image')} ${rest === 1 ? 'was' : 'were'} taken for other labels.</p>` : null}`;
}

function scores(answer: Classification): Fragment {
  const sure = sureText(answer);
  if (sure === null) return null;
  return html`<h3>Scores <span class="quiet">the probability that the model gives the best class</span></h3>
<p>${sure}</p>${scoreChart(answer)}`;
}

function wrongImages(answer: Classification, images: PageImages): Fragment {
  const wrong = answer.labelled - answer.correct;
  if (wrong === 0) return null;
  const shown = answer.wrong.slice(0, SHOWN);
  return html`<h3>Not recognised <span class="quiet">${plural(wrong, 'image')}${wrong > shown.length ? `, of which the first ${count(shown.length)}` : null}; below each its best classes with their scores</span></h3>
${exampleList(shown, images)}`;
}

function unsureImages({ classified, unsure }: Classification, images: PageImages): Fragment {
  const shown = unsure.slice(0, SHOWN);
  if (shown.length === 0) return null;
  return html`<h3>Least sure <span class="quiet">${shown.length < classified ? `the ${plural(shown.length, 'image')} with the lowest best score` : 'all images, those with the lowest best score first'}</span></h3>
${exampleList(shown, images)}`;
}

function exampleList(examples: readonly Example[], { shown, size }: PageImages): Markup {
  return html`<ul class="wrong-images">${examples.map(
    (one) =>
      html`<li><div class="asked">${thumbnail(shown.get(one.key), `image of ${one.truth ?? one.label}`, size)}<p><bdi class="key" title="${one.key}">${lastPart(one.key)}</bdi>${verdictOf(one)}</p></div>
<ol class="scores">${one.scores.slice(0, SCORES_SHOWN).map(scoreLine)}</ol></li>`,
  )}</ul>`;
}

function verdictOf({ label, truth }: Example): Markup {
  if (truth === null) return html`taken for <b><bdi>${label}</bdi></b>`;
  if (truth === label) return html`is <b><bdi>${truth}</bdi></b>, and taken for it`;
  return html`is <b><bdi>${truth}</bdi></b>, taken for <b><bdi>${label}</bdi></b>`;
}

function scoreLine({ label, score }: Example['scores'][number]): Markup {
  return html`<li><bdi class="of-class" title="${label}">${label}</bdi> <span>${scoreText(score)}</span><svg class="chart" width="100%" height="4" aria-hidden="true"><rect class="size" width="${Math.round((1000 * score) / CERTAIN) / 10}%" height="4"/></svg></li>`;
}
