import { isFailed, type MeasuredRow } from '../../src/contract/row.ts';
import type { ApproximateRow } from '../../src/kernel/approximate.ts';
import { type ApproximationError, approximationError } from '../../src/kernel/approximation-error.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { eachLocalImage } from '../../src/local/each-image.ts';
import { EvenSample } from '../../src/statistics/even-sample.ts';
import type { Context } from '../context.ts';
import { type LocalInput, oneByOne, putRows } from '../local-rows.ts';

/** The most images that are also measured exactly, to tell how far off the means are. */
const SAMPLE = 50;

/** Approximate means of local files and folders, and how far off they are on a sample. */
export async function approximateCommand(context: Context, input: LocalInput, kernel: Kernel) {
  const sample = new EvenSample<readonly [ApproximateRow, MeasuredRow]>(SAMPLE);
  const images = eachLocalImage(input.find(), {
    ...input,
    kernel,
    work: async (prepared, _, at) => {
      const taken = sample.takes(at);
      const approximate = await prepared.approximate();
      if (!taken) return approximate;
      const { row: exact } = await prepared.measure('mean');
      if (!isFailed(exact) && !('error' in approximate.row)) sample.add(at, [approximate.row, exact]);
      return approximate;
    },
  });
  const head = { kernel: kernel.name, operation: 'mean', approximate: true };
  const outcome = await putRows(context, input, head, 'measured', oneByOne(images));
  const error = approximationError(sample.values());
  if (error !== null) context.io.note(describe(error));
  return { ...outcome, json: { ...outcome.json, error } };
}

function describe({ images, median, max }: ApproximationError): string {
  const levels = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(', ');
  return (
    `The means are approximate. ${images} of the images were also measured exactly: the error of R, G and B ` +
    `is ${levels(median)} levels of 255 in the median, ${levels(max)} at most.`
  );
}
