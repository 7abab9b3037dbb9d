/** One piece of a sequence: positions from `start` up to, but not with, `end`. */
export type Piece = { readonly start: number; readonly end: number };

/**
 * How to cut a sequence into contiguous pieces.
 * - `weights[i] >= 0`: what is balanced
 * - `capEnds[i] > i`, never falling: the furthest end of a piece that starts at `i`, whatever its weight
 * - `pieces`: how many are wanted; more are made if the caps need more, fewer if there are fewer elements
 */
export type PartitionInput = {
  readonly weights: ArrayLike<number>;
  readonly capEnds: ArrayLike<number>;
  readonly pieces: number;
};

/**
 * Cut a sequence into exactly `pieces` contiguous pieces (see `PartitionInput`) so that the heaviest is as light as
 * possible, and the others are as even as that allows.
 *
 * The linear partition problem, solved as usual by a binary search over the capacity: filling greedily from the left
 * uses the fewest pieces for a capacity, since every part of an allowed piece is allowed too. O(n + pieces * log n *
 * log(sum of weights)). Weights are integers whose sum is below 2^53.
 */
export function partition({ weights, capEnds, pieces }: PartitionInput): Piece[] {
  const count = weights.length;
  if (count === 0) return [];
  const sums = prefixSums(weights);
  const furthest = (start: number, capacity: number) =>
    Math.min(capEnds[start] ?? count, lastAtMost(sums, (sums[start] ?? 0) + capacity, start, count));
  const total = sums[count] ?? 0;
  const wanted = Math.min(
    count,
    Math.max(
      pieces,
      greedyCount(count, (start) => furthest(start, total)),
    ),
  );

  let low = Math.max(maximum(weights), Math.ceil(total / wanted));
  let high = total;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (greedyCount(count, (start) => furthest(start, middle)) <= wanted) high = middle;
    else low = middle + 1;
  }
  return spread(count, wanted, sums, (start) => furthest(start, high));
}

function greedyCount(count: number, furthest: (start: number) => number): number {
  let pieces = 0;
  for (let start = 0; start < count; start = furthest(start)) pieces += 1;
  return pieces;
}

/**
 * Use all wanted pieces: each ends where it comes nearest to an even share of what is left, but no further than
 * `furthest`, and so that the rest still fits into the pieces that are left.
 */
function spread(
  count: number,
  wanted: number,
  sums: Float64Array,
  furthest: (start: number) => number,
): Piece[] {
  // needed[i]: the fewest pieces for the elements from i on; it falls with i.
  const needed = new Uint32Array(count + 1);
  for (let i = count - 1; i >= 0; i -= 1) needed[i] = 1 + (needed[furthest(i)] ?? 0);
  const pieces: Piece[] = [];
  let start = 0;
  for (let left = wanted; left > 0; left -= 1) {
    const latest = Math.min(furthest(start), count - (left - 1));
    let earliest = start + 1;
    for (let to = latest; earliest < to; ) {
      const middle = (earliest + to) >> 1;
      if ((needed[middle] ?? 0) <= left - 1) to = middle;
      else earliest = middle + 1;
    }
    const from = sums[start] ?? 0;
    const goal = from + ((sums[count] ?? 0) - from) / left;
    const below = Math.max(earliest, lastAtMost(sums, goal, earliest, latest));
    const above = Math.min(latest, below + 1);
    const end = goal - (sums[below] ?? 0) <= (sums[above] ?? 0) - goal ? below : above;
    pieces.push({ start, end });
    start = end;
  }
  return pieces;
}

function prefixSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length + 1);
  for (let i = 0; i < weights.length; i += 1) sums[i + 1] = (sums[i] ?? 0) + (weights[i] ?? 0);
  return sums;
}

/** The last position in [from, to] whose sum is at most `limit`; `from` if none is. */
function lastAtMost(sums: Float64Array, limit: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sums[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

function maximum(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i += 1) most = Math.max(most, values[i] ?? 0);
  return most;
}
