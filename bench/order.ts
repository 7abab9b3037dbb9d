import { integerBetween, seededRandom } from '../src/statistics/random.ts';

/** The items in another order for every round, the same for a seed: nobody always runs after the same neighbour. */
export function roundOrder<T>(items: readonly T[], seed: number, round: number): T[] {
  const random = seededRandom(seed + round * 0x9e37);
  const order = [...items];
  // Fisher and Yates
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = integerBetween(random, 0, last);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
