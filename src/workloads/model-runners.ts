import type { Workload } from '../contract/workload.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import { readClassify } from './classify/params.ts';
import { classifyRunner } from './classify/runner.ts';
import { readCnn } from './cnn/params.ts';
import { cnnRunner } from './cnn/runner.ts';
import { readEmbed } from './embed/params.ts';
import { embedRunner } from './embed/runner.ts';
import { expectKnown } from './expect-known.ts';
import { type ModelWorkload, runsModel } from './names.ts';
import { isStaged, type MakeRunner, runnerOf } from './runners.ts';
import type { Runner, StagedRunner } from './workload.ts';

const MODEL_RUNNERS: Readonly<Record<ModelWorkload, MakeRunner>> = {
  classify: (params) => classifyRunner(readClassify(params)),
  cnn: (params) => cnnRunner(readCnn(params)),
  embed: (params) => embedRunner(readEmbed(params)),
};

/**
 * What a worker does with the batches of a workload, whether or not it runs a model.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function anyRunnerOf(workload: Workload): Runner | StagedRunner {
  const name = expectKnown(workload.name);
  return runsModel(name) ? MODEL_RUNNERS[name](workload.params) : runnerOf(workload);
}

/**
 * The same of a workload that is a single map over the images.
 *
 * @throws FanfleetError `INVALID_INPUT` as `anyRunnerOf` does, and where the workload has stages
 */
export function mapRunnerOf(workload: Workload): Runner {
  const runner = anyRunnerOf(workload);
  if (!isStaged(runner)) return runner;
  throw invalidInput('The workload', [problemOf('one without stages', 'name', workload.name)]);
}
