import type { Workload } from '../contract/workload.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import { readClassify } from './classify/params.ts';
import { classifyRunner } from './classify/runner.ts';
import { readCnn } from './cnn/params.ts';
import { cnnRunner } from './cnn/runner.ts';
import { expectKnown } from './expect-known.ts';
import { imageRunner } from './image-runner.ts';
import { imageTask } from './image-task.ts';
import { kmeansRunner } from './kmeans/runner.ts';
import { readKnn } from './knn/params.ts';
import { knnRunner } from './knn/runner.ts';
import type { WorkloadName } from './names.ts';
import type { Runner, StagedRunner } from './workload.ts';

const RUNNERS: Readonly<Record<WorkloadName, (params: Workload['params']) => Runner | StagedRunner>> = {
  statistics: (params) => imageRunner(imageTask('statistics', params)),
  histogram: (params) => imageRunner(imageTask('histogram', params)),
  normalise: (params) => imageRunner(imageTask('normalise', params)),
  knn: (params) => knnRunner(readKnn(params)),
  kmeans: kmeansRunner,
  cnn: (params) => cnnRunner(readCnn(params)),
  classify: (params) => classifyRunner(readClassify(params)),
};

/**
 * What a worker does with the batches of a workload. Loads no zod, since `measure` is to start without it.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function runnerOf({ name, params }: Workload): Runner | StagedRunner {
  return RUNNERS[expectKnown(name)](params);
}

/**
 * The same of a workload that is a single map over the images.
 *
 * @throws FanfleetError `INVALID_INPUT` as `runnerOf` does, and where the workload has stages
 */
export function mapRunnerOf(workload: Workload): Runner {
  const runner = runnerOf(workload);
  if (!isStaged(runner)) return runner;
  throw invalidInput('The workload', [problemOf('one without stages', 'name', workload.name)]);
}

export function isStaged(runner: Runner | StagedRunner): runner is StagedRunner {
  return 'step' in runner;
}
