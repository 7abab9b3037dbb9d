import { count, figure, percent, plural, printable } from '../../../format.ts';
import { cut } from '../../text/lines.ts';
import type { AnswerOf } from '../view.ts';

/** What K-Means found out. */
export type Clustering = AnswerOf<'kmeans'>;
export type Cluster = Clustering['clusters'][number] & { readonly number: number };

/** With their numbers, which are their places. */
export function clustersOf({ clusters }: Clustering): Cluster[] {
  return clusters.map((cluster, number) => ({ ...cluster, number }));
}

/** As many as may be shown, the largest; in the order of their numbers. */
export function largestOf(answer: Clustering, most: number): Cluster[] {
  return clustersOf(answer)
    .sort((a, b) => b.size - a.size || a.number - b.number)
    .slice(0, most)
    .sort((a, b) => a.number - b.number);
}

/** The part of the images that are in a cluster; null where there are none. */
export function shareOf({ size }: Pick<Cluster, 'size'>, { images }: Clustering): number | null {
  return images === 0 ? null : size / images;
}

/** The inertia with which each iteration began; as numbers they are near what their texts say. */
export function inertiaOf({ inertia }: Clustering): number[] {
  return inertia.map(Number);
}

/** `Inertia 2,604,000 after 12 iterations, converged`. Of an arm that broke off in its first stage nothing is known. */
export function outcomeText(answer: Clustering): [string, string] {
  if (answer.iterations === 0) return ['Inertia not known', 'since no iteration was over'];
  const last = inertiaOf(answer).at(-1) ?? null;
  return [`Inertia ${figure(last)}`, `after ${iterationsText(answer)}`];
}

/** `12 iterations, converged`. */
function iterationsText({ iterations, converged }: Clustering): string {
  return `${plural(iterations, 'iteration')}, ${converged ? 'converged' : 'not converged'}`;
}

/** How well clusters and labels agree; null where no label is known. */
export function agreementText({ agreement, images }: Clustering): [string, string] | null {
  if (agreement === null || agreement.labelled === 0) return null;
  const { labelled, purity, adjustedRandIndex } = agreement;
  const of = labelled === images ? '' : `, over the ${plural(labelled, 'image')} with a known label`;
  return [`Purity ${percent(purity)}`, `adjusted Rand index ${adjustedRandIndex.toFixed(3)}${of}`];
}

/** All of it in sentences. */
export function clusteringText(answer: Clustering): string {
  const [inertia, after] = outcomeText(answer);
  const agreement = agreementText(answer);
  const found = `${plural(answer.images, 'image')} in ${plural(answer.k, 'cluster')}. ${inertia} ${after}.`;
  return [found, ...(agreement === null ? [] : [`${agreement.join(', ')}.`]), ...emptyText(answer)].join(' ');
}

/** Clusters that are named where they are empty. */
const MOST_NAMED = 20;

/** A sentence on empty clusters; none where there are none. */
export function emptyText({ empty }: Clustering): string[] {
  if (empty.length === 0) return [];
  const named = empty.slice(0, MOST_NAMED).map(count).join(', ');
  const rest = empty.length - MOST_NAMED;
  return [
    `${plural(empty.length, 'cluster')} had no image: ${named}${rest > 0 ? `, and ${count(rest)} more` : ''}.`,
  ];
}

const MOST_LETTERS = 40;

/** The most frequent labels of a cluster: `7: 172, 1: 3`. */
export function labelsText({ labels }: Pick<Cluster, 'labels'>): string {
  return labels.map(({ label, images }) => `${shownLabel(label)}: ${count(images)}`).join(', ');
}

export function shownLabel(label: string): string {
  return cut(printable(label), MOST_LETTERS);
}
