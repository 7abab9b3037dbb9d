import { count, figure, percent, plural } from '../../../format.ts';
import { folded, text } from '../../markdown-text.ts';
import { cut, WIDTH, wrap } from '../../text/lines.ts';
import type { AnswerFigure } from '../view.ts';
import {
  type Clustering,
  clusteringText,
  clustersOf,
  inertiaOf,
  labelsText,
  largestOf,
  shareOf,
} from './clusters.ts';

/** Lines of the CSV. */
export function clusterFigures(answer: Clustering): AnswerFigure[] {
  const { images, k, iterations, converged, inertia, agreement, empty } = answer;
  const line = (name: string, value: AnswerFigure['value'], unit: string) => ({ figure: name, value, unit });
  const labelled = agreement === null ? [] : [agreement];
  return [
    line('images', images, 'images'),
    line('clusters', k, 'clusters'),
    line('empty clusters', empty.length, 'clusters'),
    line('iterations', iterations, 'iterations'),
    line('converged', converged ? 'yes' : 'no', ''),
    ...inertia.map((value, i) => line(`inertia of iteration ${i + 1}`, value, '')),
    ...labelled.flatMap((known) => [
      line('with a known label', known.labelled, 'images'),
      line('purity', known.purity, 'ratio'),
      line('adjusted Rand index', known.adjustedRandIndex, ''),
    ]),
    ...clustersOf(answer).flatMap(({ number, size, labels }) => [
      line(`size of cluster ${number}`, size, 'images'),
      ...labels.map(({ label, images: own }) => line(`in cluster ${number}: ${label}`, own, 'images')),
    ]),
  ];
}

/** Clusters of which a table has figures. */
const MOST_IN_MARKDOWN = 50;
const MOST_IN_TERMINAL = 20;
/** The first and the last iterations that are named. */
const MOST_NAMED = 4;

export function clusterMarkdown(answer: Clustering) {
  const shown = largestOf(answer, MOST_IN_MARKDOWN);
  return {
    lead: [text(clusteringText(answer)), ''],
    rest: folded('Clusters', [
      '| cluster | images | part | most frequent labels |',
      '|---:|---:|---:|---|',
      ...shown.map(
        (cluster) =>
          `| ${count(cluster.number)} | ${count(cluster.size)} | ${percent(shareOf(cluster, answer))} | ${text(labelsText(cluster))} |`,
      ),
      ...notListed(answer, shown.length, (sentence) => ['', sentence]),
      '',
      text(inertiaText(answer)),
    ]),
  };
}

export function clusterLines(answer: Clustering) {
  const shown = largestOf(answer, MOST_IN_TERMINAL);
  const cells = [
    ['cluster', 'images', 'part', 'most frequent labels'],
    ...shown.map((cluster) => [
      count(cluster.number),
      count(cluster.size),
      percent(shareOf(cluster, answer)),
      labelsText(cluster),
    ]),
  ];
  return {
    lead: wrap(clusteringText(answer)),
    rest: [
      '',
      'Clusters',
      ...cells.map(([number = '', size = '', share = '', labels = '']) =>
        cut(`${number.padStart(7)}${size.padStart(12)}${share.padStart(9)}  ${labels}`, WIDTH),
      ),
      ...notListed(answer, shown.length, (sentence) => [sentence]),
      ...wrap(inertiaText(answer)),
    ],
  };
}

function notListed({ clusters }: Clustering, shown: number, as: (sentence: string) => string[]): string[] {
  const hidden = clusters.length - shown;
  return hidden > 0 ? as(`The ${count(shown)} largest; ${plural(hidden, 'cluster')} more.`) : [];
}

/** `Inertia by iteration: 3,012,000 → 2,700,000 → … → 2,604,000.` */
function inertiaText(answer: Clustering): string {
  if (answer.iterations === 0) return '';
  const all = inertiaOf(answer).map((value) => figure(value));
  const isLong = all.length > 2 * MOST_NAMED;
  const named = isLong ? [...all.slice(0, MOST_NAMED), '…', ...all.slice(-MOST_NAMED)] : all;
  return `Inertia by iteration: ${named.join(' → ')}.`;
}
