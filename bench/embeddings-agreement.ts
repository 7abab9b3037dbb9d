import type { Found } from './peer-bench.ts';

/** Embeddings, one after the other. */
export type Vectors = { readonly numbers: Float32Array; readonly length: number };

/** How many embeddings are others than expected, and how far the farthest is, of all numbers and by the cosine. */
export type Deviation = { readonly others: number; readonly difference: number; readonly cosine: number };

/** @param found an embedding for each that is expected */
export function deviation(expected: Found, found: Found): Deviation {
  let [others, difference, cosine] = [0, 0, 1];
  for (const [at, one] of expected.entries()) {
    const other = found[at] ?? [];
    const far = Math.max(...one.map((value, place) => Math.abs(value - (other[place] ?? Number.NaN))));
    if (far === 0) continue;
    others += 1;
    difference = Math.max(difference, far);
    cosine = Math.min(cosine, product(one, other) / Math.sqrt(product(one, one) * product(other, other)));
  }
  return { others, difference, cosine };
}

/** Squared distances of the k nearest of a row, ascending, each summed by itself. */
export function nearestDistances(vectors: Vectors, row: number, k: number): number[] {
  const rows = vectors.numbers.length / vectors.length;
  const all = Float64Array.from({ length: rows }, (_, other) => squaredDistance(vectors, row, other));
  return [...all.sort().subarray(0, k)];
}

/**
 * Of how many rows the nearest are others than the exact ones. Those that are equally far may stand for each other.
 *
 * @param found rows of the nearest of each row that was asked
 */
export function wrongRows(vectors: Vectors, asked: readonly number[], k: number, found: Found): number {
  return asked.filter((row, at) => {
    const own = (found[at] ?? []).map((other) => squaredDistance(vectors, row, other)).sort((a, b) => a - b);
    return String(own) !== String(nearestDistances(vectors, row, k));
  }).length;
}

function squaredDistance({ numbers, length }: Vectors, row: number, other: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += 1) {
    const difference = (numbers[row * length + at] ?? 0) - (numbers[other * length + at] ?? Number.NaN);
    sum += difference * difference;
  }
  return sum;
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
