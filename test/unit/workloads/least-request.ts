import type { WorkloadName } from '../../../src/workloads/names.ts';

/** Settings without defaults. */
const NEEDED: Partial<Record<WorkloadName, object>> = {
  classify: { model: 'models/cats.onnx' },
  embed: { model: 'models/cats.onnx', layer: 'features' },
};

/** The request for a workload that says no more than it must. */
export function leastRequest(name: WorkloadName) {
  return { name, params: NEEDED[name] ?? {} };
}
