import type { Workload } from '../contract/workload.ts';
import { imageRunner } from './image-runner.ts';
import { imageTask } from './image-task.ts';
import type { Runner } from './workload.ts';

/**
 * What a worker does with the batches of a workload. Loads no zod, since `measure` is to start without it.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function runnerOf(workload: Workload): Runner {
  return imageRunner(imageTask(workload));
}
