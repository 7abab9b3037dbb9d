import { availableParallelism } from 'node:os';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import type { HistogramRow } from '../../kernel/histogram.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { listFiles } from '../../kernel/local-files.ts';
import { eachLocalImage } from '../../kernel/local-images.ts';
import type { FailedRow } from '../../kernel/row.ts';
import type { Context } from '../context.ts';
import { failedImages, textOfRows } from '../rows.ts';

/** The rows of `stats` with a histogram each. */
export async function histogramCommand({ io, signal }: Context, paths: readonly string[], kernel: Kernel) {
  const rows: (HistogramRow | FailedRow)[] = [];
  const images = eachLocalImage(await listFiles(paths, hasImageSuffix), {
    kernel,
    overlap: 2 * availableParallelism(),
    work: (prepared) => prepared.histogram(),
  });
  for await (const { row, detail } of images) {
    signal.throwIfAborted();
    rows.push(row);
    if (detail !== undefined) io.note(`${row.key}: ${detail}`);
    io.progress(`${rows.length} measured`);
  }
  const { failed, exitCode } = failedImages(io, rows);
  return {
    json: { kernel: kernel.name, operation: 'stats', rows, failed },
    text: textOfRows(rows),
    exitCode,
  };
}
