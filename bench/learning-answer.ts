import { type Clusters, inertiaOf } from './exact-learning.ts';
import type { LearningSet, LearningTask } from './learning-sets.ts';

/** What is exact, to compare with. */
export type Exact = { readonly predictions: readonly number[]; readonly clusters: Clusters };

/** What a contender found, of each image in its order. */
export type Answered = {
  readonly labels: readonly number[];
  /** Undefined where the library does not tell. */
  readonly iterations: number | undefined;
  /** Whether K-Means began with the centres of the set. */
  readonly isSameStart: boolean;
};

export function answerText(task: LearningTask, set: LearningSet, exact: Exact, found: Answered): string {
  return task === 'knn' ? predictionsText(set, found.labels, exact) : clustersText(set, found, exact);
}

/** Predictions in words: how many are what the image shows, and how many are others than the exact ones. */
export function predictionsText(
  { labels, asked }: Pick<LearningSet, 'labels' | 'asked'>,
  predicted: readonly number[],
  { predictions }: Pick<Exact, 'predictions'>,
): string {
  const right = [...labels.subarray(-asked)].filter((label, at) => label === predicted[at]).length;
  return `${right} of ${asked} right; ${differing(predicted, predictions, 'predictions')}`;
}

/** A partition in words. One that began elsewhere numbers its clusters otherwise, so that only its inertia can be compared. */
export function clustersText(
  set: LearningSet,
  { labels, iterations, isSameStart }: Answered,
  { clusters }: Pick<Exact, 'clusters'>,
): string {
  const over = inertiaOf(set, labels) / inertiaOf(set, clusters.labels);
  const told = iterations === undefined ? 'iterations not told' : `${iterations} iterations`;
  const same = isSameStart ? differing(labels, clusters.labels, 'labels') : 'a start of its own';
  return `${told}; inertia ${over.toFixed(4)} of the exact one's; ${same}`;
}

function differing(found: readonly number[], exact: readonly number[], what: string): string {
  if (found.length !== exact.length)
    throw new Error(`Expected ${exact.length} ${what} but got ${found.length}.`);
  const others = exact.filter((one, at) => one !== found[at]).length;
  return others === 0 ? `all ${what} exact` : `${others} ${what} are others than the exact ones`;
}
