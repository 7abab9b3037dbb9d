import type { RunWorkload } from './schemas.ts';

/** Where images to learn from are: under a prefix of their own, or those under the run's that are not `ask`ed. */
export type TrainingSource = { readonly prefix: string } | { readonly ask: number };

/** @returns undefined where a workload learns from no images */
export function trainingSource(workload: RunWorkload): TrainingSource | undefined {
  if (workload.name !== 'knn') return undefined;
  const { training, ask } = workload.params;
  return training === undefined ? { ask } : { prefix: training };
}
