import { FanfleetError } from '../src/errors.ts';
import { inTurn } from '../src/statistics/round-order.ts';
import type { Contender, ContenderKind } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import type { Job } from './job.ts';

export type SideBySideOptions<A> = {
  readonly rounds: number;
  readonly seed: number;
  /** What a contender found in its first pass, beside the exact answer. */
  readonly answerOf: (contender: ContenderProcess) => Promise<A>;
  readonly onStep: (step: string) => void;
  /** A contender whose warm pass takes more seconds than `warm` is shown with that one; and one whose first pass takes more than `first`, with this. */
  readonly most?: { readonly first: number; readonly warm: number };
};

/** What a contender found, and took in each round: seconds of a pass. */
export type Timed<A> = {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly answer: A;
  /** Results of a pass. */
  readonly results: number;
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
};

/** A contender that could not do it, and why. */
export type Failed = { readonly name: string; readonly failure: string };

export function isTimed<A>(one: Timed<A> | Failed): one is Timed<A> {
  return !('failure' in one);
}

/** What is said below a table of those that could not do it. */
export function failedLines(results: readonly (Timed<unknown> | Failed)[]): string {
  const failed = results.filter((one): one is Failed => !isTimed(one));
  return failed
    .map(({ name, failure }) => `\n${name} could not do it: ${failure.replaceAll(/\s+/g, ' ')}\n`)
    .join('');
}

/** What a contender works for in a round, at least: the system counts CPU time in steps of 10 ms. */
const LEAST_SECONDS = 0.5;
/** Less CPU time than this is not told well enough by these steps to count passes by it. */
const TOLD_SECONDS = 0.1;
const NO_LIMIT = { first: Number.POSITIVE_INFINITY, warm: Number.POSITIVE_INFINITY };

type Lane<A> = {
  readonly running: ContenderProcess;
  /** In a round: 0 of one that is not asked again. */
  readonly passes: number;
  readonly answer: A;
  readonly results: number;
  readonly wall: number[];
  readonly cpu: number[];
};

/**
 * Every contender once per round, in a new order each time; passes before that, of which the first one's answer is looked at, do
 * not count. One that cannot do it is told with its error.
 */
export async function measureSideBySide<A>(
  contenders: readonly Contender[],
  job: Job<string>,
  options: SideBySideOptions<A>,
): Promise<(Timed<A> | Failed)[]> {
  const lanes: Lane<A>[] = [];
  const failures: Failed[] = [];
  try {
    for (const contender of contenders) {
      try {
        lanes.push(await warmUp(await ContenderProcess.start(contender, job), options));
        options.onStep(`${contender.name} is ready`);
      } catch (reason) {
        failures.push({ name: contender.name, failure: FanfleetError.from(reason).message });
        options.onStep(`${contender.name} could not do it`);
      }
    }
    const again = lanes.filter(({ passes }) => passes > 0);
    await inTurn(again, options, playOnce, (round) => options.onStep(`round ${round} of ${options.rounds}`));
  } finally {
    await Promise.all(lanes.map(({ running }) => running.stop()));
  }
  const timed = lanes.map(({ running: { contender }, answer, results, wall, cpu }) => {
    return { name: contender.name, kind: contender.kind, answer, results, wall, cpu };
  });
  return [...timed, ...failures];
}

async function playOnce<A>({ running, passes, wall, cpu }: Lane<A>): Promise<void> {
  const { seconds, cpuSeconds = Number.NaN } = await running.run(passes);
  wall.push(seconds / passes);
  cpu.push(cpuSeconds / passes);
}

async function warmUp<A>(
  running: ContenderProcess,
  { answerOf, most = NO_LIMIT }: SideBySideOptions<A>,
): Promise<Lane<A>> {
  try {
    const first = await running.run(1);
    const answer = await answerOf(running);
    // Compilers and caches are warm after the second one, which tells how often the job fits into a round.
    const { seconds, cpuSeconds } = first.seconds > most.first ? first : await running.run(1);
    const lane = { running, answer, results: first.images };
    if (seconds > most.warm) return { ...lane, passes: 0, wall: [seconds], cpu: [cpuSeconds ?? Number.NaN] };
    const worked = cpuSeconds !== undefined && cpuSeconds >= TOLD_SECONDS ? cpuSeconds : seconds;
    return { ...lane, passes: Math.ceil(LEAST_SECONDS / worked), wall: [], cpu: [] };
  } catch (reason) {
    await running.stop();
    throw reason;
  }
}
