import type { Depth } from '../contract/depth.ts';
import type { Normalisation, NormalisedFormat } from '../contract/normalisation.ts';
import type { Operation } from '../contract/operation.ts';

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
