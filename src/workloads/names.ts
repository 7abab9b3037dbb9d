/** The workloads that there are. */
export const WORKLOAD_NAMES = [
  'statistics',
  'histogram',
  'normalise',
  'knn',
  'kmeans',
  'classify',
  'cnn',
] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];
