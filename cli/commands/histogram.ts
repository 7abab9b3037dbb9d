import type { Depth } from '../../src/contract/depth.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { eachLocalImage } from '../../src/local/each-image.ts';
import type { Context } from '../context.ts';
import { type LocalInput, oneByOne, putRows } from '../local-rows.ts';

/** The rows of `stats` with a histogram each. */
export async function histogramCommand(context: Context, input: LocalInput, kernel: Kernel, depth: Depth) {
  const head = { kernel: kernel.name, operation: 'stats', depth };
  const work = eachLocalImage(input.find(), {
    ...input,
    kernel,
    depth,
    work: (prepared) => prepared.histogram(),
  });
  return putRows(context, input, head, 'measured', oneByOne(work));
}
