import { readFields } from '../../fields.ts';

/** What a worker needs of the settings; read without zod. */
export interface KnnWork {
  readonly k: number;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readKnn(params: Readonly<Record<string, unknown>>): KnnWork {
  return readFields(params, 'The workload knn', (fields) => ({ k: fields.integer('k', 1, 100) }));
}
