import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { integerBetween, type Random, seededRandom } from '../src/statistics/random.ts';

/** Images are squares of so many pixels each way. */
export const SIDE = 28;
export const LENGTH = SIDE * SIDE;

export type NearestProblem = {
  readonly training: Uint8Array;
  readonly queries: Uint8Array;
  /** Nearest that are wanted of each query. */
  readonly k: number;
};

/** Images of strokes on black, like written digits, the same for a seed. */
export function nearestProblem(
  sizes: { training: number; queries: number; k: number },
  seed: number,
): NearestProblem {
  const random = seededRandom(seed);
  const images = (count: number) => {
    const bytes = new Uint8Array(count * LENGTH);
    for (let at = 0; at < count; at += 1) drawStrokes(bytes.subarray(at * LENGTH, (at + 1) * LENGTH), random);
    return bytes;
  };
  return { training: images(sizes.training), queries: images(sizes.queries), k: sizes.k };
}

/** Where contenders look for it. */
export async function writeProblem(folder: string, { training, queries, k }: NearestProblem): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'training.bin'), training);
  await writeFile(join(folder, 'queries.bin'), queries);
  await writeFile(join(folder, 'problem.json'), JSON.stringify({ length: LENGTH, k }));
}

/** Three strokes, each beginning where the last one ends; the pen is soft, and its ink uneven. */
export function drawStrokes(image: Uint8Array, random: Random): void {
  const place = () => integerBetween(random, 5, SIDE - 6);
  let from = { x: place(), y: place() };
  for (let stroke = 0; stroke < 3; stroke += 1) {
    const to = { x: place(), y: place() };
    const steps = 2 * Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y));
    for (let step = 0; step <= steps; step += 1) {
      const part = step / steps;
      dab(image, from.x + part * (to.x - from.x), from.y + part * (to.y - from.y), random);
    }
    from = to;
  }
}

function dab(image: Uint8Array, x: number, y: number, random: Random): void {
  const ink = integerBetween(random, 180, 255);
  for (let row = Math.ceil(y - 2); row <= y + 2; row += 1) {
    for (let column = Math.ceil(x - 2); column <= x + 2; column += 1) {
      const value = ink * Math.max(0, 1 - ((row - y) ** 2 + (column - x) ** 2) / 5);
      const at = row * SIDE + column;
      image[at] = Math.max(image[at] ?? 0, value);
    }
  }
}
