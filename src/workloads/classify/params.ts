import { readFields } from '../../fields.ts';

/** Most classes that a row has, and most images that a model is given at once. */
export const MOST_TOP = 20;
export const MOST_MODEL_BATCH = 256;

/** What a worker needs of the settings; read without zod. */
export interface ClassifyWork {
  /** So many of the best classes are in a row. */
  readonly top: number;
  /** Most images that the model is given at once; no row depends on it. */
  readonly modelBatch: number;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readClassify(params: Readonly<Record<string, unknown>>): ClassifyWork {
  return readFields(params, 'The workload classify', (fields) => ({
    top: fields.integer('top', 1, MOST_TOP),
    modelBatch: fields.integer('modelBatch', 1, MOST_MODEL_BATCH),
  }));
}
