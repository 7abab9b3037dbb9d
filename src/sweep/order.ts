/** One run of a sweep: which point, by its index, in which round. */
export interface Turn {
  readonly round: number;
  readonly point: number;
}

/**
 * The runs of a sweep in the order in which they are made: each round has every point once, forwards in even rounds
 * and backwards in odd ones (0 1 2, 2 1 0, …). In two rounds the places of every point add up to the same, so that what
 * drifts evenly over the sweep meets all alike: a counterbalanced order (ABBA), as in the design of experiments.
 */
export function sweepOrder(points: number, rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: points }, (_, i) => ({ round, point: round % 2 === 0 ? i : points - 1 - i })),
  ).flat();
}
