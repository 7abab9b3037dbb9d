/** The workloads that there are. */
export const WORKLOAD_NAMES = [
  'statistics',
  'histogram',
  'normalise',
  'knn',
  'kmeans',
  'classify',
  'cnn',
  'embed',
] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** Those that run a model, for which a function has ONNX Runtime. */
const MODEL_WORKLOADS = ['classify', 'cnn', 'embed'] as const satisfies readonly WorkloadName[];
export type ModelWorkload = (typeof MODEL_WORKLOADS)[number];

export function runsModel(name: WorkloadName): name is ModelWorkload {
  return (MODEL_WORKLOADS as readonly WorkloadName[]).includes(name);
}
