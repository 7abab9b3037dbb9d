import { count, percent, plural, UNKNOWN } from '../../../format.ts';
import { constantsNote } from '../../../workloads/statistics/constants.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import { keyList, scrolling, stackedTable } from '../../sections/parts.ts';
import type { Summary } from '../../summary-schema.ts';
import { completenessNote } from '../completeness.ts';
import type { AnswerOf } from '../view.ts';

type Answer = AnswerOf<'statistics'>;
type Dataset = NonNullable<Answer['dataset']>;
type Outliers = NonNullable<Answer['outliers']>;
type Figure = { readonly level: number; readonly unit: number } | null;

/** Dataset statistics per channel: the figures that normalisation needs. */
export function datasetSection(answer: Answer, summary: Summary): Markup | null {
  if (answer.dataset === null) return null;
  const { source, dataset } = answer;
  const { exact, channels } = dataset;
  // Of 8 bits they are whole levels.
  const digits = dataset.depth === 16 ? 4 : 0;
  return html`<section><h2>Dataset statistics</h2>
<p>Over all ${count(Number(exact.pixels))} pixels of ${plural(dataset.images, 'image')}, summed from the rows of ${source.arm}, round ${source.round}.
${completenessNote(summary, source)}</p>
${stackedTable(
  ['channel', 'mean (0–255)', 'mean (0–1)', 'std (0–255)', 'std (0–1)', 'min', 'max'].map((name) => ({
    name,
  })),
  channels.map(({ channel, mean, std, min, max }) => [
    channel,
    level(mean, 4),
    unit(mean),
    level(std, 4),
    unit(std),
    level(min, digits),
    level(max, digits),
  ]),
)}
${constants(answer)}${percentiles(dataset)}</section>`;
}

function level(figure: Figure, digits: number): string {
  return figure === null ? UNKNOWN : figure.level.toFixed(digits);
}

function unit(figure: Figure): string {
  return figure === null ? UNKNOWN : figure.unit.toFixed(6);
}

const LIBRARIES = [
  ['torchvision', 'torchvision'],
  ['keras', 'TensorFlow (Keras)'],
  ['albumentations', 'Albumentations'],
] as const;

function constants({ dataset, constants: ready }: Answer): Fragment {
  if (ready === null) return null;
  const note = dataset && constantsNote(dataset);
  return html`<h3>To be pasted</h3>${note && html`<p>${note}</p>`}${LIBRARIES.map(([library, name]) => html`<p class="use-name">${name}</p><pre>${ready[library]}</pre>`)}`;
}

function percentiles({ channels, depth }: Dataset): Fragment {
  const percents = channels[0]?.percentiles?.map((one) => one.percent) ?? [];
  if (percents.length === 0) return null;
  return html`<h3>Percentiles <span class="quiet">exact, 0–255</span></h3>
${scrolling(
  'Percentiles',
  html`<table class="figures"><thead><tr><th scope="col">percent</th>${channels.map(({ channel }) => html`<th scope="col">${channel}</th>`)}</tr></thead><tbody>
${percents.map((percentile, i) => html`<tr><th scope="row">${percentile}</th>${channels.map((channel) => html`<td>${level(channel.percentiles?.[i] ?? null, depth === 16 ? 2 : 0)}</td>`)}</tr>`)}
</tbody></table>`,
)}`;
}

/** Images that stand out of the dataset, and images of one colour. */
export function outliersSection({ outliers }: Answer): Markup | null {
  if (outliers === null || (outliers.means === null && outliers.constant === null)) return null;
  return html`<section><h2>Outliers</h2>
${outliers.means === null ? null : byMean(outliers.means, outliers.images)}
${outliers.constant === null ? null : ofOneColour(outliers.constant)}</section>`;
}

function byMean({ channels, farthest }: NonNullable<Outliers['means']>, images: number): Fragment {
  const rule = html`<p>By the mean of an image: more than 3 interquartile ranges beyond the quartiles of all ${count(images)} images.</p>`;
  if (farthest.length === 0) return html`${rule}<p>There are none.</p>`;
  return html`${rule}${stackedTable(
    ['channel', 'quartiles', 'outlier below', 'above', 'images below', 'images above'].map((name) => ({
      name,
    })),
    channels.map(({ channel, q1, q3, low, high, below, above }) => [
      channel,
      `${q1.toFixed(1)} to ${q3.toFixed(1)}`,
      low.toFixed(1),
      high.toFixed(1),
      part(below, images),
      part(above, images),
    ]),
  )}
<h3>The farthest</h3>${stackedTable(
    [{ name: 'image' }, { name: 'channel', text: true }, { name: 'mean' }, { name: 'interquartile ranges' }],
    farthest.map(({ key, channel, mean, ranges }) => [
      html`<bdi class="key">${key}</bdi>`,
      channel,
      mean.toFixed(2),
      ranges.toFixed(1),
    ]),
  )}`;
}

function part(some: number, all: number): string {
  return some === 0 ? '0' : `${count(some)} (${percent(some / all)})`;
}

function ofOneColour({ count: found, examples }: NonNullable<Outliers['constant']>): Fragment {
  if (found === 0) return html`<p>No image is of one colour alone.</p>`;
  return html`<h3>${plural(found, 'image')} of one colour</h3>${keyList(examples, found)}`;
}
