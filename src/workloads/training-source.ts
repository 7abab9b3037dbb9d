import type { WorkloadName } from './names.ts';
import type { RunParams } from './schemas.ts';

/** Where images to learn from are: under a prefix of their own, or those under the run's that are not `ask`ed. */
export type TrainingSource = { readonly prefix: string } | { readonly ask: number };

type Sources = { readonly [N in WorkloadName]: ((params: RunParams[N]) => TrainingSource) | null };

/** Null for a workload that learns from no images beside those of the manifest. */
const SOURCES: Sources = {
  statistics: null,
  histogram: null,
  normalise: null,
  kmeans: null,
  cnn: null,
  classify: null,
  embed: null,
  knn: ({ training, ask }) => (training === undefined ? { ask } : { prefix: training }),
};

/** @returns undefined where a workload learns from no images */
export function trainingSource<N extends WorkloadName>(workload: {
  readonly name: N;
  readonly params: RunParams[N];
}): TrainingSource | undefined {
  return SOURCES[workload.name]?.(workload.params);
}
