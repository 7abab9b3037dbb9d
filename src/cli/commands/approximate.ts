import { FanfleetError } from '../../errors.ts';
import type { ApproximateRow } from '../../kernel/approximate.ts';
import { type ApproximationError, approximationError } from '../../kernel/approximation-error.ts';
import type { Kernel, Prepared } from '../../kernel/kernel.ts';
import { eachLocalImage } from '../../kernel/local-images.ts';
import { isFailed, type MeasuredRow } from '../../kernel/row.ts';
import { EvenSample } from '../../statistics/even-sample.ts';
import type { Context } from '../context.ts';
import { type LocalInput, oneByOne, putRows } from '../local-rows.ts';

/** The most images that are also measured exactly, to tell how far off the means are. */
const SAMPLE = 50;

/**
 * Approximate means of local files and folders, and how far off they are on a sample.
 *
 * @throws FanfleetError `APPROXIMATION_NEEDS_NATIVE`
 */
export async function approximateCommand(context: Context, input: LocalInput, kernel: Kernel) {
  const sample = new EvenSample<readonly [ApproximateRow, MeasuredRow]>(SAMPLE);
  const images = eachLocalImage(input.find(), {
    ...input,
    kernel,
    work: async (prepared, _, at) => {
      const taken = sample.takes(at);
      const approximate = await approximation(prepared);
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
