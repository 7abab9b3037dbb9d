import { availableParallelism } from 'node:os';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import { measureLocalFiles } from '../../kernel/local-files.ts';
import type { Operation } from '../../kernel/operation.ts';
import { isFailed, type Row, serializeRow } from '../../kernel/row.ts';
import { configureSharp, createSharpKernel } from '../../kernel/sharp-kernel.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';

/** The result rows of local files and folders, by the same kernel as `measure`, without any AWS. */
export async function statsCommand({ io, signal }: Context, paths: readonly string[], operation: Operation) {
  configureSharp({ threads: 1 });
  const rows: Row[] = [];
  const kernel = createSharpKernel();
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
