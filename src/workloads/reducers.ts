import type { Workload } from '../contract/workload.ts';
import { readCnn } from './cnn/params.ts';
import { cnnReducer } from './cnn/reducer.ts';
import { expectKnown } from './expect-known.ts';
import { readKmeans } from './kmeans/params.ts';
import { kmeansReducer } from './kmeans/reducer.ts';
import type { WorkloadName } from './names.ts';
import type { Reducer, StageState } from './workload.ts';

type Make = (params: Workload['params'], stage: StageState) => Reducer;

/** Null for a workload that is a single map. */
const REDUCERS: Readonly<Record<WorkloadName, Make | null>> = {
  statistics: null,
  histogram: null,
  normalise: null,
  classify: null,
  embed: null,
  knn: null,
  cnn: (params, stage) => cnnReducer(readCnn(params), stage),
  kmeans: (params, stage) => kmeansReducer(readKmeans(params), stage),
};

/** What adds up the batches of a stage; null for a workload that is a single map. */
export function reducerOf({ name, params }: Workload, stage: StageState): Reducer | null {
  return REDUCERS[expectKnown(name)]?.(params, stage) ?? null;
}
