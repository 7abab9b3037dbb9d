import { availableParallelism } from 'node:os';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import { chooseKernel, type KernelName } from '../../kernel/choose-kernel.ts';
import { measureLocalFiles } from '../../kernel/local-files.ts';
import type { Operation } from '../../kernel/operation.ts';
import { isFailed, type Row, serializeRow } from '../../kernel/row.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';

export interface StatsOptions {
  readonly operation: Operation;
  /** @default the native one where it was built */
  readonly kernel?: KernelName | undefined;
}

/** The result rows of local files and folders, the same as those of `measure`, without any AWS. */
export async function statsCommand({ io, signal }: Context, paths: readonly string[], options: StatsOptions) {
  const { operation } = options;
  const rows: Row[] = [];
  const kernel = await chooseKernel(options.kernel);
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
  const failed = rows.filter(isFailed).length;
  if (failed > 0) io.note(`${failed} of ${rows.length} images could not be measured.`);
  return {
    json: { kernel: kernel.name, operation, rows, failed },
    text: rows.map((row) => `${serializeRow(row)}\n`).join(''),
    exitCode: failed > 0 ? EXIT.FAILED_IMAGES : EXIT.OK,
  };
}
