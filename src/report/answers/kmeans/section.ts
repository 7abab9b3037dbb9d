import { count, percent, plural } from '../../../format.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import type { Summary } from '../../summary-schema.ts';
import type { PageImages } from '../../thumbnails/page-images.ts';
import { completenessNote } from '../completeness.ts';
import {
  agreementText,
  type Cluster,
  type Clustering,
  emptyText,
  inertiaOf,
  largestOf,
  outcomeText,
  shareOf,
  shownLabel,
} from './clusters.ts';
import { CLUSTERS_SHOWN, centreImage } from './images.ts';
import { inertiaChart } from './inertia-chart.ts';

/** How images were divided: when it ended, the inertia of each iteration, and each cluster with its centre. */
export function clustersSection(answer: Clustering, summary: Summary, images: PageImages): Markup {
  const { source, iterations, converged } = answer;
  const [inertia, after] = outcomeText(answer);
  const agreement = agreementText(answer);
  return html`<section><h2>Clusters</h2>
<p><b>${inertia}</b> ${after}. ${converged || iterations === 0 ? null : 'More iterations may change its clusters. '}Counted from the rows of ${source.arm}, round ${source.round}. ${completenessNote(summary, source)}</p>
${agreement === null ? null : html`<p><b>${agreement[0]}</b>: in so many images the label is that of most images of their cluster; ${agreement[1]}.</p>`}
${answer.inertia.length < 2 ? null : inertiaChart(inertiaOf(answer))}
${clusterList(answer, images)}</section>`;
}

function clusterList(answer: Clustering, images: PageImages): Fragment {
  const shown = largestOf(answer, CLUSTERS_SHOWN);
  const hidden = answer.clusters.length - shown.length;
  const most = Math.max(1, ...shown.map(({ size }) => size));
  const drawn = images.shown.size > 0 ? 'each with its centre; ' : '';
  return html`<h3>${plural(answer.k, 'cluster')} <span class="quiet">${drawn}how many images it has${answer.agreement === null ? null : ', and of which labels'}</span></h3>
<ul class="clusters">${shown.map((cluster) => clusterCard(cluster, answer, most, images))}</ul>
${hidden > 0 ? html`<p class="note">The ${count(shown.length)} largest; ${plural(hidden, 'cluster')} more: summary.json has all.</p>` : null}
${answer.centres === null && answer.iterations > 0 ? html`<p class="note">The centres are not shown: together they have too many pixels to be kept.</p>` : null}
${emptyText(answer).map((sentence) => html`<p class="note">${sentence} Such a cluster keeps its centre.</p>`)}`;
}

function clusterCard(cluster: Cluster, answer: Clustering, most: number, images: PageImages): Markup {
  const { number, size, labels } = cluster;
  return html`<li>${centre(number, images)}<div><p class="quiet">cluster ${number}</p>
<p><b>${count(size)}</b> <span class="quiet">${percent(shareOf(cluster, answer))}</span></p>
<svg class="chart" width="100%" height="6" aria-hidden="true"><rect class="size" width="${Math.round((1000 * size) / most) / 10}%" height="6"/></svg>
<p class="quiet">${labels.map(({ label, images: own }) => html`<span class="of-label"><bdi title="${label}">${shownLabel(label)}</bdi>: ${count(own)}</span> `)}</p></div></li>`;
}

function centre(number: number, { shown, size }: PageImages): Fragment {
  const uri = shown.get(centreImage(number));
  if (uri === undefined || size === null) return null;
  return html`<img class="thumbnail${size.isEnlarged ? ' pixelated' : ''}" src="${uri}" alt="centre of cluster ${count(number)}" width="${size.width}" height="${size.height}">`;
}
