import { CLASSES, type LearningSet } from './learning-sets.ts';

// What KNN and K-Means give by exact arithmetic, one image after the other: slow, and without any kernel.

/** A partition of the images, and what it took to find it. */
export type Clusters = {
  /** The cluster of each image. */
  readonly labels: readonly number[];
  /** How often the images were assigned, the time in which nothing changed too. */
  readonly iterations: number;
};

/**
 * The label of most of the nearest of each image that is asked; of labels with as many votes the least, as
 * scikit-learn's `predict` has it. Of images that are equally far the first ones are taken.
 */
export function exactPredictions(set: LearningSet, neighbours: number): number[] {
  const { images, labels, length, asked } = set;
  const training = labels.length - asked;
  return Array.from({ length: asked }, (_, query) => {
    const distances = Float64Array.from({ length: training }, (_, other) =>
      squaredDistance(images, (training + query) * length, other * length, length),
    );
    const order = [...distances.keys()].sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
    const votes = new Uint32Array(CLASSES);
    for (const index of order.slice(0, neighbours))
      votes[labels[index] ?? 0] = (votes[labels[index] ?? 0] ?? 0) + 1;
    return votes.indexOf(Math.max(...votes));
  });
}

/**
 * Lloyd's iterations until no label changes. A centre is a sum over a count, both integers; doubles decide only where they
 * are sure, and big integers else. Ties go to the lower cluster, and a cluster that loses all keeps its centre.
 */
export function exactClusters({ images, length, start }: LearningSet): Clusters {
  const count = images.length / length;
  let centres: Centre[] = start.map((image) => ({
    size: 1,
    sum: Float64Array.from(images.subarray(image * length, (image + 1) * length)),
  }));
  let labels: number[] = [];
  for (let iterations = 1; ; iterations += 1) {
    const before = labels;
    const scaled = centres.map(({ size, sum }) => {
      const means = sum.map((one) => one / size);
      return { means, square: dot(means, 0, means, length) };
    });
    labels = Array.from({ length: count }, (_, image) => {
      // |x - c|² without |x|², which is the same for all centres
      const scores = scaled.map(
        ({ means, square }) => square - 2 * dot(images, image * length, means, length),
      );
      const least = Math.min(...scores);
      const near = [...scores.keys()].filter((cluster) => (scores[cluster] ?? 0) - least < DOUBT);
      return near.length === 1
        ? (near[0] ?? 0)
        : nearestExactly(images.subarray(image * length, (image + 1) * length), centres, near);
    });
    if (labels.every((label, image) => label === before[image])) return { labels, iterations };
    const sums = clusterSums(images, length, labels);
    centres = centres.map((centre, cluster) => {
      const { size = 0, sum = centre.sum } = sums[cluster] ?? {};
      return size === 0 ? centre : { size, sum };
    });
  }
}

/** Far more than doubles are off by: scores are below 2^27, with a few thousand roundings. */
const DOUBT = 1e-3;

/** The sum of squared distances of all images to the mean of their cluster. */
export function inertiaOf({ images, length }: LearningSet, labels: readonly number[]): number {
  const squares = images.reduce((sum, value) => sum + value * value, 0);
  const explained = clusterSums(images, length, labels).map(({ size, sum }) =>
    size === 0 ? 0 : dot(sum, 0, sum, length) / size,
  );
  return squares - explained.reduce((sum, one) => sum + one, 0);
}

type Centre = { readonly size: number; readonly sum: Float64Array };

function clusterSums(images: Uint8Array, length: number, labels: readonly number[]): Centre[] {
  const sizes = new Float64Array(CLASSES);
  const sums = Array.from({ length: CLASSES }, () => new Float64Array(length));
  for (const [image, label] of labels.entries()) {
    sizes[label] = (sizes[label] ?? 0) + 1;
    const sum = sums[label] ?? new Float64Array(length);
    for (let at = 0; at < length; at += 1) sum[at] = (sum[at] ?? 0) + (images[image * length + at] ?? 0);
  }
  return sums.map((sum, cluster) => ({ size: sizes[cluster] ?? 0, sum }));
}

/** Compares |S|²/n² - 2 x.S/n as fractions. */
function nearestExactly(image: Uint8Array, centres: readonly Centre[], among: readonly number[]): number {
  const scores = among.map((cluster) => {
    const { size, sum } = centres[cluster] ?? { size: 1, sum: new Float64Array(image.length) };
    const n = BigInt(size);
    let score = 0n;
    for (const [at, value] of image.entries()) {
      const one = BigInt(sum[at] ?? 0);
      score += one * one - 2n * n * BigInt(value) * one;
    }
    return { cluster, score, over: n * n };
  });
  return scores.reduce((best, one) => (one.score * best.over < best.score * one.over ? one : best)).cluster;
}

function squaredDistance(images: Uint8Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += 1) {
    const difference = (images[a + at] ?? 0) - (images[b + at] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

function dot(a: ArrayLike<number>, from: number, b: ArrayLike<number>, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += 1) sum += (a[from + at] ?? 0) * (b[at] ?? 0);
  return sum;
}
