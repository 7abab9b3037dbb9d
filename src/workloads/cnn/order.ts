import { seededRandom } from '../../statistics/random.ts';

/**
 * Which images the steps of a round take: all of a shard in an order that is drawn, then all in another one, as far as there are steps.
 * The same in ec2-workers/fanfleet/workloads/cnn.py.
 *
 * @param images how many there are, at least 1
 * @param count how many are taken
 */
export function drawnOrder(images: number, count: number, seed: number, round: number): Int32Array {
  const random = seededRandom((seed + Math.imul(round + 1, 0x9e3779b1)) >>> 0);
  const order = Int32Array.from({ length: images }, (_, place) => place);
  const taken = new Int32Array(count);
  for (let at = 0; at < count; at += images) {
    shuffle(order, random);
    taken.set(order.subarray(0, count - at), at);
  }
  return taken;
}

/** As Fisher and Yates have it, from behind. */
function shuffle(order: Int32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const one = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = one;
  }
}
