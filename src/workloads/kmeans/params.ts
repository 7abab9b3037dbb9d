import { readFields } from '../../fields.ts';

/** Of all settings: more clusters, or more stages, than these are not taken. */
export const MOST_CLUSTERS = 1000;
export const MOST_ITERATIONS = 300;

/** The folder of a stage with what each batch adds up to. */
export const SUMS = 'sums';

/** What whoever reduces a stage, or makes the answer, needs of the settings; read without zod. */
export interface KmeansWork {
  readonly k: number;
  readonly maxIterations: number;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readKmeans(params: Readonly<Record<string, unknown>>): KmeansWork {
  return readFields(params, 'The workload kmeans', (fields) => ({
    k: fields.integer('k', 1, MOST_CLUSTERS),
    maxIterations: fields.integer('maxIterations', 1, MOST_ITERATIONS),
  }));
}
