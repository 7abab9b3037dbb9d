import { LENGTH, type NearestProblem } from './nearest-images.ts';

/**
 * Of how many queries the nearest are others than the exact ones. Vectors that are equally far may stand for each other.
 *
 * @param exact distances of the nearest of each query, ascending
 * @param found indices of the nearest of each query
 */
export function wrongQueries(
  problem: NearestProblem,
  exact: readonly (readonly number[])[],
  found: readonly (readonly number[])[],
): number {
  return exact.filter((distances, query) => {
    const own = (found[query] ?? []).map((index) => distance(problem, query, index)).sort((a, b) => a - b);
    return own.length !== distances.length || own.some((one, at) => one !== distances[at]);
  }).length;
}

/** The nearest distances of a query, one vector after the other. */
export function slowDistances(problem: NearestProblem, query: number): number[] {
  const count = problem.training.length / LENGTH;
  const all = Float64Array.from({ length: count }, (_, index) => distance(problem, query, index));
  return [...all.sort().subarray(0, problem.k)];
}

function distance({ training, queries }: NearestProblem, query: number, index: number): number {
  let sum = 0;
  for (let at = 0; at < LENGTH; at += 1) {
    const difference = (queries[query * LENGTH + at] ?? 0) - (training[index * LENGTH + at] ?? 0);
    sum += difference * difference;
  }
  return sum;
}
