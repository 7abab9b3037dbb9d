import type { Workload } from '../contract/workload.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import { expectKnown } from './expect-known.ts';
import { imageRunner } from './image-runner.ts';
import { imageTask } from './image-task.ts';
import { kmeansRunner } from './kmeans/runner.ts';
import { readKnn } from './knn/params.ts';
import { knnRunner } from './knn/runner.ts';
import { type ModelWorkload, runsModel, type WorkloadName } from './names.ts';
import type { Runner, StagedRunner } from './workload.ts';

/** What does the batches of a workload, by its settings. */
export type MakeRunner = (params: Workload['params']) => Runner | StagedRunner;

const RUNNERS: Readonly<Record<Exclude<WorkloadName, ModelWorkload>, MakeRunner>> = {
  statistics: (params) => imageRunner(imageTask('statistics', params)),
  histogram: (params) => imageRunner(imageTask('histogram', params)),
  normalise: (params) => imageRunner(imageTask('normalise', params)),
  knn: (params) => knnRunner(readKnn(params)),
  kmeans: kmeansRunner,
};

/**
 * What a worker does with the batches of a workload that runs no model: what runs models is in `model-runners.ts`, since `measure`
 * is to start without it, and without zod.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function runnerOf({ name, params }: Workload): Runner | StagedRunner {
  const known = expectKnown(name);
  if (runsModel(known)) throw invalidInput('The workload', [problemOf('one without a model', 'name', name)]);
  return RUNNERS[known](params);
}

export function isStaged(runner: Runner | StagedRunner): runner is StagedRunner {
  return 'step' in runner;
}
