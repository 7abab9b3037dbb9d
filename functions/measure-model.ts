import { anyRunnerOf } from '../src/workloads/model-runners.ts';
import { measureHandler } from './measure-handler.ts';

/** Measure one batch of any workload. */
export const main = measureHandler(anyRunnerOf);
