/** Which image of the training set, and the square of its distance. */
export type Neighbour = readonly [index: number, distance: number];

/** The labels of a training set. */
export interface Labelling {
  /** In their order, which decides between labels of as many votes. */
  readonly labels: readonly string[];
  /** The label of each image, by its place in `labels`. */
  readonly labelOf: ArrayLike<number>;
}

/** The label of most neighbours; of labels with as many votes the first in their order. */
export function vote(neighbours: readonly Neighbour[], { labels, labelOf }: Labelling): string {
  const votes = new Map<number, number>();
  for (const [index] of neighbours) {
    const label = labelOf[index] ?? 0;
    votes.set(label, (votes.get(label) ?? 0) + 1);
  }
  const [first] = [...votes].sort(([a, ofA], [b, ofB]) => ofB - ofA || a - b);
  return labels[first?.[0] ?? 0] ?? '';
}
