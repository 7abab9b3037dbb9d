import { readFields } from '../../fields.ts';

/** The folder of an arm that has the embeddings of each batch. */
export const EMBEDDINGS = 'embeddings';

/** Most images that a model is given at once. */
export const MOST_MODEL_BATCH = 256;

/** What a worker needs of the settings; read without zod. */
export interface EmbedWork {
  /** Most images that the model is given at once; no row depends on it. */
  readonly modelBatch: number;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readEmbed(params: Readonly<Record<string, unknown>>): EmbedWork {
  return readFields(params, 'The workload embed', (fields) => ({
    modelBatch: fields.integer('modelBatch', 1, MOST_MODEL_BATCH),
  }));
}
