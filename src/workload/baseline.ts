import type { Batch } from '../dataset/manifest.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type MeasureBatchOptions, measureBatch } from './measure-batch.ts';

/** What one thread on one machine did of the same manifest, in `baseline.json`; failed images are not counted. */
export interface Baseline {
  readonly images: number;
  readonly bytes: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly kernel: string;
  /** Whether all images were measured, or the time budget ended it before. */
  readonly complete: boolean;
}

export interface BaselineOptions
  extends Pick<
    MeasureBatchOptions,
    'reader' | 'bucket' | 'requesterPays' | 'task' | 'kernel' | 'encodedBytes' | 'decodedBytes' | 'imageBytes'
  > {
  readonly batches: AsyncIterable<Batch>;
  /** No batch is begun after so long. */
  readonly budgetMs: number;
  readonly now: () => number;
  readonly cpuMs: () => number;
}

/**
 * Measure batch after batch, one image after the other, and fetch the next one meanwhile, as a careful loop on one core
 * would: the centralised run that both arms' speedups refer to.
 *
 * Stops after the batch in which `budgetMs` ran out, since a function does not live for long and the rate is known by then.
 */
export async function runBaseline(options: BaselineOptions): Promise<Baseline> {
  const kernel = oneByOne(options.kernel);
  const started = options.now();
  const cpuStarted = options.cpuMs();
  let images = 0;
  let bytes = 0;
  let complete = true;
  for await (const batch of options.batches) {
    if (options.now() - started >= options.budgetMs) {
      complete = false;
      break;
    }
    const measured = await measureBatch({ ...options, kernel, batch, fetches: 1, decodes: 1 });
    images += measured.rows.length - measured.errors;
    bytes += measured.bytes;
  }
  return {
    images,
    bytes,
    wallMs: options.now() - started,
    cpuMs: options.cpuMs() - cpuStarted,
    kernel: kernel.name,
    complete,
  };
}

/** The kernel without its way to do many images at once, which uses more than one thread. */
function oneByOne(kernel: Kernel): Kernel {
  return { name: kernel.name, prepare: (...image) => kernel.prepare(...image) };
}
