import { runnerOf } from '../src/workloads/runners.ts';
import { measureHandler } from './measure-handler.ts';

/** Measure one batch of a workload that runs no model. */
export const main = measureHandler(runnerOf);
