import { FanfleetError } from '../errors.ts';
import type { Depth } from '../kernel/depth.ts';
import type { ImageTask } from '../kernel/image-task.ts';
import type { Normalisation } from '../kernel/normalisation.ts';
import { OPERATIONS } from '../kernel/operation.ts';

/** What a run does with each image: statistics, with a histogram of the dataset as well, or a normalised copy. */
export const RUN_OPERATIONS = [...OPERATIONS, 'histogram', 'normalise'] as const;
export type RunOperation = (typeof RUN_OPERATIONS)[number];

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
