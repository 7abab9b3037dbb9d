import { readFileSync } from 'node:fs';
import process, { stderr } from 'node:process';
import type { Contender, ContenderKind } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import type { Job } from './job.ts';
import { roundOrder } from './order.ts';

/** CPU time of a contender in a round, at least: the system counts it in steps of 10 ms. */
const LEAST_SECONDS = 0.5;

/** What a contender took in each round, in ms per result. */
export type PeerResult = {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly cpuMs: readonly number[];
  readonly wallMs: readonly number[];
  /** Results that are others than the exact ones. */
  readonly wrong: number;
};

type Lane = { process: ContenderProcess; passes: number; wrong: number; cpuMs: number[]; wallMs: number[] };

/**
 * Every contender once per round, in a new order each time; the first pass, whose results are looked at, does not count.
 *
 * @param wrong of the results of a contender, how many are others than the exact ones
 */
export async function measureBesidePeers(
  contenders: readonly Contender[],
  job: Job<string>,
  {
    rounds,
    seed,
    wrong,
  }: {
    readonly rounds: number;
    readonly seed: number;
    readonly wrong: (rows: readonly (readonly number[])[]) => number;
  },
): Promise<PeerResult[]> {
  const lanes: Lane[] = [];
  try {
    for (const contender of contenders) {
      const started = await ContenderProcess.start(contender, job);
      const lane: Lane = { process: started, passes: 1, wrong: 0, cpuMs: [], wallMs: [] };
      lanes.push(lane);
      const { cpuSeconds = LEAST_SECONDS } = await started.run(1);
      lane.wrong = wrong(await started.rows());
      lane.passes = Math.ceil(LEAST_SECONDS / Math.max(cpuSeconds, 0.01));
      stderr.write(`${job.task}: ${contender.name} is ready\n`);
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const { process: contender, passes, cpuMs, wallMs } of roundOrder(lanes, seed, round)) {
        const { images, seconds, cpuSeconds = Number.NaN } = await contender.run(passes);
        cpuMs.push((1000 * cpuSeconds) / images);
        wallMs.push((1000 * seconds) / images);
      }
      stderr.write(`${job.task}: round ${round} of ${rounds}\n`);
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.process.stop()));
  }
  return lanes.map(({ process: { contender }, wrong, cpuMs, wallMs }) => {
    return { name: contender.name, kind: contender.kind, wrong, cpuMs, wallMs };
  });
}

/**
 * What the OpenBLAS in the package of faiss has to be told: it does not know newer processors of x86-64, and takes the oldest
 * code for them. Undefined where that is another one.
 */
export function openblasCore(): 'SkylakeX' | 'Haswell' | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  return /\bavx512vl\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'SkylakeX' : 'Haswell';
}
