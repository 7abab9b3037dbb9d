import type { Kernel } from '../../kernel/kernel.ts';
import { eachLocalImage } from '../../kernel/local-images.ts';
import type { Context } from '../context.ts';
import { type LocalInput, oneByOne, putRows } from '../local-rows.ts';

/** The rows of `stats` with a histogram each. */
export async function histogramCommand(context: Context, input: LocalInput, kernel: Kernel) {
  const head = { kernel: kernel.name, operation: 'stats' };
  const work = eachLocalImage(input.find(), { ...input, kernel, work: (prepared) => prepared.histogram() });
  return putRows(context, input, head, 'measured', oneByOne(work));
}
