/** fanfleet's kernels, `native` or `portable`: KNN with all that are asked in one call, or K-Means. On one thread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { type Centre, prepareCentres } from '../../src/kernel/centres.ts';
import { prepareNearest } from '../../src/kernel/nearest.ts';
import { type Neighbour, vote } from '../../src/workloads/knn/vote.ts';
import type { LearningTask } from '../learning-sets.ts';
import { type Pass, serve } from './serve.ts';

type Given = {
  readonly length: number;
  readonly asked: number;
  readonly neighbours: number;
  readonly start: readonly number[];
  readonly images: Buffer;
  readonly labelOf: Buffer;
  readonly kernel: KernelChoice;
};

const last: Record<string, number> = {};

await serve<LearningTask>(
  async ({ folder, task }, variant) => {
    const given: Given = {
      ...JSON.parse(await readFile(join(folder, 'set.json'), 'utf8')),
      images: await readFile(join(folder, 'images.bin')),
      labelOf: await readFile(join(folder, 'labels.bin')),
      kernel: variant as KernelChoice,
    };
    return task === 'knn' ? classify(given) : cluster(given);
  },
  () => last,
);

function classify({ length, asked, neighbours, images, labelOf, kernel }: Given): Pass {
  const labels = Array.from({ length: Math.max(...labelOf) + 1 }, (_, label) => String(label));
  const training = images.subarray(0, -asked * length);
  const queries = images.subarray(-asked * length);
  return async () => {
    const nearest = await prepareNearest(training, length, kernel);
    const { indices, distances } = await nearest.find(queries, neighbours);
    return Array.from({ length: asked }, (_, query) => {
      const own = Array.from({ length: neighbours }, (_, place): Neighbour => {
        const at = query * neighbours + place;
        return [indices[at] ?? 0, distances[at] ?? 0];
      });
      return [Number(vote(own, { labels, labelOf }))];
    });
  };
}

function cluster({ length, start, images, kernel }: Given): Pass {
  const first = start.map((image): Centre => {
    return { count: 1, sum: [...images.subarray(image * length, (image + 1) * length)] };
  });
  return async () => {
    let centres = first;
    for (let iterations = 1; ; iterations += 1) {
      const { labels, counts, sums } = await (await prepareCentres(kernel, centres, length)).assign(images);
      const moved = centres.map((centre, at): Centre => {
        const [count = 0, sum = []] = [counts[at], sums[at]];
        return count === 0 ? centre : { count, sum };
      });
      last.iterations = iterations;
      if (moved.every((centre, at) => isSame(centre, centres[at])))
        return Array.from(labels, (label) => [label]);
      centres = moved;
    }
  };
}

function isSame(one: Centre, other: Centre | undefined): boolean {
  return one.count === other?.count && one.sum.every((value, at) => value === other.sum[at]);
}
