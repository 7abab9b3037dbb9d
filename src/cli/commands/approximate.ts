import { availableParallelism } from 'node:os';
import { hasImageSuffix } from '../../dataset/image-type.ts';
import { FanfleetError } from '../../errors.ts';
import type { ApproximateRow } from '../../kernel/approximate.ts';
import { type ApproximationError, approximationError } from '../../kernel/approximation-error.ts';
import type { Kernel, Prepared } from '../../kernel/kernel.ts';
import { listFiles } from '../../kernel/local-files.ts';
import { eachLocalImage } from '../../kernel/local-images.ts';
import { type FailedRow, isFailed, type MeasuredRow } from '../../kernel/row.ts';
import type { Context } from '../context.ts';
import { failedImages, textOfRows } from '../rows.ts';

/** The most images that are also measured exactly, to tell how far off the means are. */
const SAMPLE = 50;

/**
 * Approximate means of local files and folders, and how far off they are on a sample.
 *
 * @throws FanfleetError `APPROXIMATION_NEEDS_NATIVE`
 */
export async function approximateCommand({ io, signal }: Context, paths: readonly string[], kernel: Kernel) {
  const keys = await listFiles(paths, hasImageSuffix);
  const every = Math.ceil(keys.length / SAMPLE);
  const rows: (ApproximateRow | FailedRow)[] = [];
  const sample: [ApproximateRow, MeasuredRow][] = [];
  const images = eachLocalImage(keys, {
    kernel,
    overlap: 2 * availableParallelism(),
    work: async (prepared, _, at) => {
      const approximate = await approximation(prepared);
      return { approximate, exact: at % every === 0 ? (await prepared.measure('mean')).row : undefined };
    },
  });
  for await (const { approximate, exact } of images) {
    signal.throwIfAborted();
    const { row, detail } = approximate;
    rows.push(row);
    if (exact !== undefined && !isFailed(exact) && !('error' in row)) sample.push([row, exact]);
    if (detail !== undefined) io.note(`${row.key}: ${detail}`);
    io.progress(`${rows.length} measured`);
  }
  const error = approximationError(sample);
  if (error !== null) io.note(describe(error));
  const { failed, exitCode } = failedImages(io, rows);
  const json = { kernel: kernel.name, operation: 'mean', approximate: true, rows, failed, error };
  return { json, text: textOfRows(rows), exitCode };
}

function approximation(prepared: Prepared) {
  if (prepared.approximate !== undefined) return prepared.approximate();
  const message =
    'Expected the native kernel for approximate means but got the portable one: npm run build:native';
  throw new FanfleetError('APPROXIMATION_NEEDS_NATIVE', message, { source: 'user' });
}

function describe({ images, median, max }: ApproximationError): string {
  const levels = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(', ');
  return (
    `The means are approximate. ${images} of the images were also measured exactly: the error of R, G and B ` +
    `is ${levels(median)} levels of 255 in the median, ${levels(max)} at most.`
  );
}
