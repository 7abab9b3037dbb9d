/** How near two embeddings are: by their squared Euclidean distance, or by the angle between them. */
export const METRICS = ['l2', 'cosine'] as const;
export type Metric = (typeof METRICS)[number];

/** A row of a file, from 0, and how far it is from what is asked for. */
export interface Neighbour {
  readonly row: number;
  /** Squared Euclidean, or 1 less the cosine. */
  readonly distance: number;
}

/** So many rows are compared before those that are nearer than all before them are looked for. */
const ROWS_AT_ONCE = 64;
/** So many numbers of rows are summed before it is asked whether one of the rows can still be among the nearest. */
const BETWEEN_CHECKS = 128;

/**
 * The k nearest embeddings of one, exact: every one is compared. Numbers are float32; differences, products and sums are float64, added up in the order
 * of the numbers, so that a distance does not depend on which rows are compared together. Among those that are as far the first ones win.
 */
export class NearestEmbeddings {
  readonly #query: Float64Array;
  readonly #metric: Metric;
  readonly #k: number;
  readonly #length: number;
  readonly #nearest: Neighbour[] = [];
  #rows = 0;

  constructor(query: Float32Array, metric: Metric, k: number) {
    this.#query = Float64Array.from(query);
    this.#metric = metric;
    this.#k = k;
    this.#length = query.length;
  }

  /** The nearest of all that were added, the nearest first. */
  get nearest(): readonly Neighbour[] {
    return this.#nearest;
  }

  /** @param numbers of the next rows, one after the other */
  add(numbers: Float32Array): void {
    const most = ROWS_AT_ONCE * this.#length;
    for (let start = 0; start < numbers.length; start += most) {
      const part = numbers.subarray(start, start + most);
      const distances = new Float64Array(part.length / this.#length);
      if (this.#metric === 'l2') squaredDistances(this.#query, part, distances, this.#far);
      else cosineDistances(this.#query, part, distances);
      for (const [at, distance] of distances.entries()) this.#offer(this.#rows + at, distance);
      this.#rows += distances.length;
    }
  }

  /** The distance from which on a row is not among the nearest. */
  get #far(): number {
    const all = this.#nearest;
    return all.length < this.#k ? Number.POSITIVE_INFINITY : (all.at(-1)?.distance ?? 0);
  }

  #offer(row: number, distance: number): void {
    const all = this.#nearest;
    if (all.length === this.#k && !(distance < this.#far)) return;
    const place = all.findIndex((other) => other.distance > distance);
    all.splice(place < 0 ? all.length : place, 0, { row, distance });
    if (all.length > this.#k) all.pop();
  }
}

/**
 * Four rows at a time, since each sum waits for its last addition.
 *
 * @param far from which on a distance need not be told: a sum of squares never becomes less, not by rounding either, so that a row as far by now is no nearer in the end
 */
function squaredDistances(
  query: Float64Array,
  numbers: Float32Array,
  distances: Float64Array,
  far: number,
): void {
  const { length } = query;
  const rows = distances.length;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const first = row * length;
    const [second, third, fourth] = [first + length, first + 2 * length, first + 3 * length];
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let start = 0; start < length; start += BETWEEN_CHECKS) {
      const end = Math.min(length, start + BETWEEN_CHECKS);
      for (let at = start; at < end; at += 1) {
        const value = query[at] as number;
        const one = value - (numbers[first + at] as number);
        const two = value - (numbers[second + at] as number);
        const three = value - (numbers[third + at] as number);
        const four = value - (numbers[fourth + at] as number);
        a += one * one;
        b += two * two;
        c += three * three;
        d += four * four;
      }
      if (a >= far && b >= far && c >= far && d >= far) break;
    }
    distances.set([a, b, c, d], row);
  }
  for (; row < rows; row += 1) {
    let sum = 0;
    for (let at = 0; at < length; at += 1) {
      const difference = (query[at] as number) - (numbers[row * length + at] as number);
      sum += difference * difference;
    }
    distances[row] = sum;
  }
}

/** Where one has no direction the distance is 1. */
function cosineDistances(query: Float64Array, numbers: Float32Array, distances: Float64Array): void {
  const { length } = query;
  let own = 0;
  for (const value of query) own += value * value;
  for (let row = 0; row < distances.length; row += 1) {
    let product = 0;
    let other = 0;
    for (let at = 0; at < length; at += 1) {
      const value = numbers[row * length + at] as number;
      product += (query[at] as number) * value;
      other += value * value;
    }
    const norms = Math.sqrt(own * other);
    distances[row] = norms === 0 ? 1 : 1 - product / norms;
  }
}
