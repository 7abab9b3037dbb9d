import { integerBetween, seededRandom } from './random.ts';

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

/** Play each of them once per round, one after the other, in another order every time. */
export async function inTurn<T>(
  items: readonly T[],
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
  play: (item: T) => Promise<void>,
  onRound?: (round: number) => void,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    for (const item of roundOrder(items, seed, round)) await play(item);
    onRound?.(round);
  }
}
