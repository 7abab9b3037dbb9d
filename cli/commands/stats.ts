import type { Depth } from '../../src/contract/depth.ts';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import type { Operation } from '../../src/contract/operation.ts';
import { measureFound } from '../../src/local/measure-files.ts';
import type { Context } from '../context.ts';
import { localKernel } from '../local-kernel.ts';
import { localInput, putRows } from '../local-rows.ts';

export interface StatsOptions {
  readonly operation: Operation;
  readonly depth: Depth;
  readonly kernel: KernelChoice;
  /** Means alone, from a shortcut of the decoder. */
  readonly approx?: boolean | undefined;
  /** How often each value occurs as well. */
  readonly histogram?: boolean | undefined;
}

/** The result rows of local files and folders, the same as those of `measure`, without any AWS. */
export async function statsCommand(context: Context, paths: readonly string[], options: StatsOptions) {
  const { operation, depth } = options;
  const kernel = await localKernel(options.kernel);
  const input = localInput(context, paths);
  if (options.approx) {
    return (await import('./approximate.ts')).approximateCommand(context, input, kernel);
  }
  if (options.histogram) {
    return (await import('./histogram.ts')).histogramCommand(context, input, kernel, depth);
  }
  const head = { kernel: kernel.name, operation, depth };
  return putRows(
    context,
    input,
    head,
    'measured',
    measureFound(input.find(), { ...input, kernel, operation, depth }),
  );
}
