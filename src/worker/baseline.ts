import type { Baseline } from '../contract/baseline.ts';
import type { Batch } from '../contract/manifest.ts';
import { addLeft, type LeftImages, programName } from '../contract/one-kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type RunBatchOptions, runBatch } from './run-batch.ts';

export interface BaselineOptions
  extends Pick<
    RunBatchOptions,
    | 'reader'
    | 'bucket'
    | 'requesterPays'
    | 'runner'
    | 'inputs'
    | 'kernel'
    | 'encodedBytes'
    | 'decodedBytes'
    | 'imageBytes'
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
  let rows = 0;
  let left: LeftImages = {};
  let complete = true;
  for await (const batch of options.batches) {
    if (options.now() - started >= options.budgetMs) {
      complete = false;
      break;
    }
    const measured = await runBatch({ ...options, kernel, batch, fetches: 1, decodes: 1 });
    rows += measured.rows.length;
    images += measured.rows.length - measured.errors;
    bytes += measured.bytes;
    left = addLeft(left, measured.left);
  }
  return {
    items: images,
    bytes,
    wallMs: options.now() - started,
    cpuMs: options.cpuMs() - cpuStarted,
    kernel: programName(kernel.name, left, rows),
    complete,
  };
}

/**
 * The kernel without its ways to do many images at once, which use more than one thread: of tensors it has no other one, and gets
 * an image at a time.
 */
function oneByOne({ name, prepare, nearest, tensors }: Kernel): Kernel {
  return { name, prepare, ...(nearest && { nearest }), ...(tensors && { tensors }) };
}
