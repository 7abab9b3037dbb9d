import { FanfleetError } from '../src/errors.ts';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import type { Job } from './job.ts';
import type { LearningFailure, LearningResult } from './learning-table.ts';
import { roundOrder } from './order.ts';

export type LearningTask = 'knn' | 'kmeans';

export type LearningRounds = {
  /** Where the set is. */
  readonly folder: string;
  readonly task: LearningTask;
  readonly threads: number;
  readonly rounds: number;
  readonly seed: number;
  /** What a contender found, in words. */
  readonly answerOf: (found: Found) => string;
  readonly onStep: (step: string) => void;
};

export type Found = {
  readonly name: string;
  readonly labels: readonly number[];
  readonly iterations: number | undefined;
};

/** What a contender works for in a round, at least. */
const LEAST_SECONDS = 0.5;
/** Of one whose pass takes longer, also when it is warm, that pass is shown alone. */
const MOST_SECONDS = 20;
/** One whose first pass takes longer is not asked again. */
const MOST_FIRST_SECONDS = 120;

type Lane = {
  readonly running: ContenderProcess;
  /** In a round. */
  readonly passes: number;
  readonly answer: string;
  readonly wall: number[];
  readonly cpu: number[];
};

/**
 * Every contender once per round, in a new order each time; the first pass, whose answer is looked at, does not count. One that
 * cannot do it is told with its error.
 */
export async function measureLearning(
  contenders: readonly Contender[],
  options: LearningRounds,
): Promise<(LearningResult | LearningFailure)[]> {
  const { folder, task, threads, rounds, seed, onStep } = options;
  const job: Job<LearningTask> = { folder, source: 'memory', task, threads, store: null };
  const lanes: Lane[] = [];
  const failures: LearningFailure[] = [];
  try {
    for (const contender of contenders) {
      try {
        lanes.push(await warmUp(await ContenderProcess.start(contender, job), options));
        onStep(`${contender.name} is ready`);
      } catch (reason) {
        failures.push({ name: contender.name, failure: FanfleetError.from(reason).message });
        onStep(`${contender.name} could not do it`);
      }
    }
    const again = lanes.filter(({ passes }) => passes > 0);
    for (let round = 1; round <= rounds; round += 1) {
      for (const { running, passes, wall, cpu } of roundOrder(again, seed, round)) {
        const { seconds, cpuSeconds = Number.NaN } = await running.run(passes);
        wall.push(seconds / passes);
        cpu.push(cpuSeconds / passes);
      }
      onStep(`round ${round} of ${rounds}`);
    }
  } finally {
    await Promise.all(lanes.map(({ running }) => running.stop()));
  }
  const results = lanes.map(({ running: { contender }, answer, wall, cpu }) => {
    return { name: contender.name, kind: contender.kind, answer, wall, cpu };
  });
  return [...results, ...failures];
}

async function warmUp(running: ContenderProcess, { answerOf }: LearningRounds): Promise<Lane> {
  try {
    const first = await running.run(1);
    const labels = (await running.rows()).flat();
    const { iterations } = await running.facts();
    const answer = answerOf({ name: running.contender.name, labels, iterations });
    // Compilers and caches are warm after the second one, which tells how often the job fits into a round.
    const { seconds, cpuSeconds } = first.seconds > MOST_FIRST_SECONDS ? first : await running.run(1);
    if (seconds > MOST_SECONDS) {
      return { running, passes: 0, answer, wall: [seconds], cpu: [cpuSeconds ?? Number.NaN] };
    }
    return { running, passes: Math.ceil(LEAST_SECONDS / seconds), answer, wall: [], cpu: [] };
  } catch (reason) {
    await running.stop();
    throw reason;
  }
}
