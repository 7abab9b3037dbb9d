import type { Normalisation } from './normalisation.ts';
import type { Operation } from './operation.ts';

/** What is done with each image: statistics, or a normalised copy as well. */
export type ImageTask =
  | { readonly operation: Operation }
  | { readonly operation: 'normalise'; readonly normalisation: Normalisation };
