import type { Depth } from '../contract/depth.ts';
import type { Normalisation, NormalisedFormat } from '../contract/normalisation.ts';
import type { Operation, RunOperation } from '../contract/operation.ts';
import { FanfleetError } from '../errors.ts';

/** What is done with each image: statistics, a histogram of all images as well, or a normalised copy as well. */
export type ImageTask =
  | {
      readonly operation: Operation | 'histogram';
      /** @default 8 */
      readonly depth?: Depth;
    }
  | { readonly operation: 'normalise'; readonly normalisation: Normalisation };

/** The format of the normalised copies, if the task makes them. */
export function formatOf(task: ImageTask): NormalisedFormat | undefined {
  return task.operation === 'normalise' ? task.normalisation.format : undefined;
}

/** The task of the kernels that a run or its work asks for. */
export function imageTask({
  operation,
  depth,
  normalisation,
}: {
  readonly operation: RunOperation;
  readonly depth: Depth;
  readonly normalisation: Normalisation | null;
}): ImageTask {
  if (operation !== 'normalise') return { operation, depth };
  if (normalisation === null) {
    const message = 'Expected a normalisation for the operation "normalise" but received none.';
    throw new FanfleetError('NORMALISATION_MISSING', message, { source: 'internal' });
  }
  return { operation, normalisation };
}
