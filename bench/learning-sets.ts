import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDigits } from '../src/dataset/sample-digits.ts';
import { integerBetween, type Random, seededRandom } from '../src/statistics/random.ts';
import { drawStrokes, SIDE } from './nearest-images.ts';

export type LearningTask = 'knn' | 'kmeans';

/** Images of grey bytes with what they show, some of which are asked. */
export type LearningSet = {
  readonly name: 'digits' | 'generated';
  readonly title: string;
  /** Bytes of an image. */
  readonly length: number;
  /** Images one after the other. Those that are asked come last. */
  readonly images: Uint8Array;
  /** What each image shows, 0 to 9. */
  readonly labels: Uint8Array;
  /** So many of the last ones are asked by KNN, and the others learned from; K-Means takes all. */
  readonly asked: number;
  /** The images with which K-Means begins, one of each cluster. */
  readonly start: readonly number[];
};

/** Labels there are, and clusters that are looked for. */
export const CLASSES = 10;
const ASKED = 500;
/** Generated images are moved by so many pixels either way, and their noise is so many levels of 255. */
const MOST_SHIFT = 2;
const NOISE = 60;
/** Levels of the digits. */
const WHITE = 16;

/** The 1,797 handwritten digits of scikit-learn, as fanfleet's sample images have them: 8x8, 0 to 255. */
export async function digitsSet(seed: number): Promise<LearningSet> {
  const digits = await readDigits();
  const levels = digits.flatMap((digit) => [...digit.levels]);
  return {
    name: 'digits',
    title: `${digits.length} digits of 8x8`,
    length: 64,
    images: Uint8Array.from(levels, (level) => Math.round((level * 255) / WHITE)),
    labels: Uint8Array.from(digits, ({ label }) => label),
    asked: ASKED,
    start: someOf(digits.length, seededRandom(seed)),
  };
}

/** Copies of ten drawings of 28x28, each moved a little and with noise, the same for a seed. */
export function generatedSet(count: number, seed: number): LearningSet {
  const random = seededRandom(seed);
  const length = SIDE * SIDE;
  const drawings = Array.from({ length: CLASSES }, () => {
    const drawing = new Uint8Array(length);
    drawStrokes(drawing, random);
    return drawing;
  });
  const labels = Uint8Array.from({ length: count }, () => integerBetween(random, 0, CLASSES - 1));
  const images = new Uint8Array(count * length);
  for (const [at, label] of labels.entries()) {
    copyMoved(
      drawings[label] ?? new Uint8Array(length),
      images.subarray(at * length, (at + 1) * length),
      random,
    );
  }
  const title = `${count} generated images of ${SIDE}x${SIDE} in ${CLASSES} clusters`;
  return { name: 'generated', title, length, images, labels, asked: ASKED, start: someOf(count, random) };
}

/** Where contenders look for it. */
export async function writeLearningSet(folder: string, set: LearningSet, neighbours: number): Promise<void> {
  const { length, images, labels, asked, start } = set;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'images.bin'), images);
  await writeFile(join(folder, 'labels.bin'), labels);
  await writeFile(join(folder, 'set.json'), JSON.stringify({ length, asked, start, neighbours }));
}

function copyMoved(drawing: Uint8Array, image: Uint8Array, random: Random): void {
  const [right, down] = [0, 1].map(() => integerBetween(random, -MOST_SHIFT, MOST_SHIFT));
  for (let at = 0; at < image.length; at += 1) {
    const [x, y] = [(at % SIDE) - (right ?? 0), Math.floor(at / SIDE) - (down ?? 0)];
    const isInside = x >= 0 && x < SIDE && y >= 0 && y < SIDE;
    const ink = isInside ? (drawing[y * SIDE + x] ?? 0) : 0;
    image[at] = Math.min(255, Math.max(0, ink + integerBetween(random, -NOISE, NOISE)));
  }
}

/** Different images by chance, as many as there are clusters. */
function someOf(count: number, random: Random): number[] {
  const chosen = new Set<number>();
  while (chosen.size < CLASSES) chosen.add(integerBetween(random, 0, count - 1));
  return [...chosen];
}
