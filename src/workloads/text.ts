import type { ClassifyParams } from './classify/schema.ts';
import type { CnnParams } from './cnn/schema.ts';
import type { EmbedParams } from './embed/schema.ts';
import { type KmeansParams, PLUS_PLUS } from './kmeans/schema.ts';
import type { KnnParams } from './knn/schema.ts';
import type { RunWorkload } from './schemas.ts';

/** A workload in a word: the statistics by their operation. */
export function workloadLabel({ name, params }: RunWorkload): string {
  return name === 'statistics' ? params.operation : name;
}

/** What is done with each image, in words. */
export function workloadText(workload: RunWorkload): string {
  if (workload.name === 'knn') return knnText(workload.params);
  if (workload.name === 'kmeans') return kmeansText(workload.params);
  if (workload.name === 'cnn') return cnnText(workload.params);
  if (workload.name === 'classify') return classifyText(workload.params);
  if (workload.name === 'embed') return embedText(workload.params);
  if (workload.name !== 'normalise') {
    const label = workloadLabel(workload);
    return workload.params.depth === 'native' ? `${label} by all bits` : label;
  }
  const { format, channels, quality, statisticsRun } = workload.params;
  const file = format === 'jpeg' ? `JPEG of quality ${quality}` : format === 'png' ? 'PNG' : format;
  const over = channels === 'each' ? 'each channel apart' : 'all channels alike';
  const range =
    statisticsRun === undefined
      ? "by each image's own range"
      : `by the range of the dataset (run ${statisticsRun})`;
  return `normalise to ${file}, ${over}, ${range}`;
}

function knnText({ k, training, ask }: KnnParams): string {
  const set = training === undefined ? `all but ${ask} of the images` : `those under ${training}`;
  return `knn by the ${k} nearest of ${set}`;
}

function kmeansText({ k, starts, seed, maxIterations }: KmeansParams): string {
  const from = starts === PLUS_PLUS ? `${starts} of seed ${seed}` : starts;
  return `kmeans of ${k} clusters from ${from}, ${maxIterations} iterations at most`;
}

function classifyText({ model, top, modelBatch }: ClassifyParams): string {
  return `classify by ${model}, the best ${top} classes, ${modelBatch} images at once`;
}

function embedText({ model, layer, modelBatch }: EmbedParams): string {
  return `embed by ${layer} of ${model}, ${modelBatch} images at once`;
}

function cnnText({ network, rounds, steps, shards, ask }: CnnParams): string {
  return `cnn ${network} from all but ${ask} of the images, ${rounds} rounds of ${steps} steps in ${shards} shards`;
}
