import type { Random } from '../../statistics/random.ts';

/**
 * Which vectors k-means++ takes as the first centres (Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding",
 * SODA 2007): one of all, and then each with a probability that is in proportion to its squared distance to the nearest of those
 * that were taken. Distances are exact integers, so that the choice is the same everywhere: number floor(r x count) is the first,
 * and then the first one with which the sum of the distances is more than floor(r x their total), r being the next number of
 * `random`. Where all distances are 0 it is the first that was not taken, and no number is drawn.
 *
 * @param vectors of `length` bytes that follow each other, at least k
 * @param length of at most 66,051, so that a distance has 32 bits, and the sum of those of a million 53
 * @returns their places, in the order in which they were taken; and how many of them differ
 */
export function plusPlus(vectors: Uint8Array, length: number, k: number, random: Random) {
  const count = vectors.length / length;
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const taken: number[] = [];
  let distinct = 0;
  let total = Number.POSITIVE_INFINITY;
  while (taken.length < k) {
    if (total > 0) distinct += 1;
    taken.push(taken.length === 0 ? Math.floor(random() * count) : next());
    total = approach(taken.at(-1) ?? 0);
  }
  return { taken, distinct };

  function next(): number {
    if (total === 0) {
      const known = new Set(taken);
      return distances.findIndex((_, place) => !known.has(place));
    }
    const drawn = Math.floor(random() * total);
    let sum = 0;
    return distances.findIndex((distance) => {
      sum += distance;
      return sum > drawn;
    });
  }

  /** Take one, and add up the distances that are left. */
  function approach(place: number): number {
    const own = vectors.subarray(place * length, (place + 1) * length);
    let sum = 0;
    for (let other = 0; other < count; other += 1) {
      const nearest = Math.min(distances[other] ?? 0, squaredDistance(own, vectors, other * length));
      distances[other] = nearest;
      sum += nearest;
    }
    return sum;
  }
}

function squaredDistance(own: Uint8Array, vectors: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < own.length; i += 1) {
    const difference = (own[i] as number) - (vectors[at + i] as number);
    sum += difference * difference;
  }
  return sum;
}
