import { availableParallelism } from 'node:os';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import { chooseKernel, type KernelName } from '../../kernel/choose-kernel.ts';
import { measureLocalFiles } from '../../kernel/local-files.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Row } from '../../kernel/row.ts';
import type { Context } from '../context.ts';
import { failedImages, textOfRows } from '../rows.ts';
import { approximateCommand } from './approximate.ts';
import { histogramCommand } from './histogram.ts';

export interface StatsOptions {
  readonly operation: Operation;
  /** @default the native one where it was built */
  readonly kernel?: KernelName | undefined;
  /** Means alone, from a shortcut of the decoder. */
  readonly approx?: boolean | undefined;
  /** How often each value occurs as well. */
  readonly histogram?: boolean | undefined;
}

/** The result rows of local files and folders, the same as those of `measure`, without any AWS. */
export async function statsCommand(context: Context, paths: readonly string[], options: StatsOptions) {
  const { operation } = options;
  const kernel = await chooseKernel(options.kernel);
  if (options.approx) return approximateCommand(context, paths, kernel);
  if (options.histogram) return histogramCommand(context, paths, kernel);
  const { io, signal } = context;
  const rows: Row[] = [];
  const overlap = 2 * availableParallelism();
  for await (const { row, detail } of measureLocalFiles(paths, {
    kernel,
    operation,
    overlap,
    accept: hasImageSuffix,
  })) {
    signal.throwIfAborted();
    rows.push(row);
    if (detail !== undefined) io.note(`${row.key}: ${detail}`);
    io.progress(`${rows.length} measured`);
  }
  const { failed, exitCode } = failedImages(io, rows);
  return { json: { kernel: kernel.name, operation, rows, failed }, text: textOfRows(rows), exitCode };
}
