import type { Workload } from '../contract/workload.ts';
import { imageTask } from './image-task.ts';
import { StatisticsOfRows } from './statistics/answer.ts';

export { type StatisticsAnswer, statisticsAnswerSchema as answerSchema } from './statistics/answer.ts';

/**
 * What makes the answer of a workload of its rows; anew for each arm and round.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function answerOf(workload: Workload): StatisticsOfRows {
  return new StatisticsOfRows(imageTask(workload));
}
