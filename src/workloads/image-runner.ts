import { serializeHistogram } from '../contract/histogram-file.ts';
import { ValueCounts } from '../kernel/histogram.ts';
import { withinMemory } from '../kernel/image-memory.ts';
import { formatOf, type ImageTask } from '../kernel/image-task.ts';
import type { Kernel, Normalised, Prepared } from '../kernel/kernel.ts';
import { countImage } from '../kernel/prepared.ts';
import { HISTOGRAMS } from './facts.ts';
import type { BatchFile, BatchRunner, Runner } from './workload.ts';

/** What a kernel does by itself: statistics, with the values of all images counted as well, or normalised copies. */
export function imageRunner(task: ImageTask): Runner {
  const format = formatOf(task);
  return {
    ...(format && { format }),
    begin: (kernel, imageBytes) => beginBatch(task, withinMemory(kernel, imageBytes, format)),
  };
}

function beginBatch(task: ImageTask, kernel: Kernel): BatchRunner {
  const counts = new ValueCounts();
  const depth = task.operation === 'normalise' ? undefined : task.depth;
  return {
    prepare: (input, key) => kernel.prepare(input, key, depth),
    workingBytes: (prepared) =>
      task.operation === 'normalise' ? prepared.normalisingBytes(task.normalisation) : prepared.workingBytes,
    isGrouped: task.operation !== 'normalise' && kernel.measureAll !== undefined,
    run: (images) => run(kernel, task, images, counts),
    batchFiles: (batch, images) =>
      task.operation === 'histogram' ? [histogramFile(counts, batch, images)] : [],
  };
}

/** @param counts take the values of the images where a histogram is wanted */
function run(
  kernel: Kernel,
  task: ImageTask,
  images: readonly Prepared[],
  counts: ValueCounts,
): Promise<Normalised[]> {
  if (task.operation === 'normalise') {
    return Promise.all(images.map((image) => image.normalise(task.normalisation)));
  }
  const { operation } = task;
  if (operation === 'histogram') {
    return kernel.countAll?.(images, counts) ?? Promise.all(images.map((image) => countImage(image, counts)));
  }
  if (kernel.measureAll !== undefined) return kernel.measureAll(images, operation);
  return Promise.all(images.map((image) => image.measure(operation)));
}

function histogramFile({ histogram, deep }: ValueCounts, batch: number, images: number): BatchFile {
  const body = serializeHistogram({ batch, images, counts: histogram, ...(deep && { deep }) });
  return { folder: HISTOGRAMS, body };
}
