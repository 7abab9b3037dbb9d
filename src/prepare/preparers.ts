import { invalidInput, problemOf } from '../invalid-input.ts';
import type { WorkloadName } from '../workloads/names.ts';
import type { RunParams } from '../workloads/schemas.ts';
import type { Prepared, PrepareOptions } from './options.ts';
import { prepareClassify } from './prepare-classify.ts';
import { prepareCnn } from './prepare-cnn.ts';
import { prepareEmbed } from './prepare-embed.ts';
import { prepareKmeans } from './prepare-kmeans.ts';
import { prepareKnn } from './prepare-knn.ts';

type Preparers = {
  readonly [N in WorkloadName]: ((params: RunParams[N], options: PrepareOptions) => Promise<Prepared>) | null;
};

/** What makes the inputs of a workload; null for one that has none. */
const PREPARERS: Preparers = {
  statistics: null,
  histogram: null,
  normalise: null,
  knn: prepareKnn,
  kmeans: prepareKmeans,
  classify: prepareClassify,
  cnn: prepareCnn,
  embed: prepareEmbed,
};

/**
 * Make the files that every worker of a run needs, and at last `inputs.json`, which has their hashes. Made again, they are the
 * same to the byte.
 *
 * @throws FanfleetError `INVALID_INPUT` for what the user has to put right, or a workload without inputs; as `runBatch` does, or S3's code
 */
export async function prepareInputs<N extends WorkloadName>(
  { name, params }: { readonly name: N; readonly params: RunParams[N] },
  options: PrepareOptions,
): Promise<Prepared> {
  const prepare: Preparers[N] = PREPARERS[name];
  if (prepare !== null) return prepare(params, options);
  throw invalidInput('The run', [problemOf('a workload with inputs', 'workload.name', name)]);
}
