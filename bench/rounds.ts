import { FanfleetError } from '../src/errors.ts';
import { inTurn } from '../src/statistics/round-order.ts';
import { type Agreement, compareRows } from './agreement.ts';
import type { ContenderProcess, Ran } from './contender-process.ts';
import type { Measurement } from './results.ts';
import type { StatisticsRow } from './statistics-row.ts';

export type RoundsOptions = {
  readonly rounds: number;
  /** What one contender works for in a round, at least: a fast one does the images several times. */
  readonly seconds: number;
  readonly seed: number;
  readonly exact: readonly StatisticsRow[];
  /** Pixels of each image. */
  readonly pixels: readonly number[];
  /** CPU time of a server that works for the contenders, so far. */
  readonly serverCpuSeconds: () => number | undefined;
  readonly onRound?: (round: number) => void;
};

/** One contender on its way through the rounds. */
type Lane = {
  readonly process: ContenderProcess;
  readonly passes: number;
  readonly digest: string | undefined;
  readonly agreement: Agreement | undefined;
  readonly ran: (Ran & { readonly serverCpuSeconds: number | undefined })[];
};

/**
 * Every contender once per round, in a new order each time. First each one warms up, and its results are compared with
 * the exact ones; in later rounds they have to stay what they were.
 *
 * @throws FanfleetError `RESULTS_CHANGED` if a contender gives other results in a later round
 */
export async function playRounds(
  processes: readonly ContenderProcess[],
  options: RoundsOptions,
): Promise<Map<ContenderProcess, Measurement>> {
  const lanes: Lane[] = [];
  for (const process of processes) lanes.push(await warmUp(process, options));
  await inTurn(lanes, options, (lane) => playOnce(lane, options), options.onRound);
  return new Map(lanes.map((lane) => [lane.process, measurementOf(lane)]));
}

async function warmUp(process: ContenderProcess, options: RoundsOptions): Promise<Lane> {
  const first = await process.run(1);
  const { agreement, digest } =
    process.contender.kind === 'bound'
      ? { agreement: undefined, digest: undefined }
      : {
          agreement: compareRows(await process.rows(), options.exact, options.pixels),
          digest: await process.digest(),
        };
  // Compilers and caches are warm after this one, which tells how often the images fit into a round.
  const { seconds } = first.seconds < options.seconds ? await process.run(1) : first;
  const passes = Math.max(1, Math.ceil(options.seconds / seconds));
  return { process, passes, digest, agreement, ran: [] };
}

async function playOnce({ process, passes, digest, ran }: Lane, options: RoundsOptions): Promise<void> {
  const before = options.serverCpuSeconds();
  const once = await process.run(passes);
  const after = options.serverCpuSeconds();
  const serverCpuSeconds = before === undefined || after === undefined ? undefined : after - before;
  ran.push({ ...once, serverCpuSeconds });
  if (digest !== undefined && (await process.digest()) !== digest) {
    throw new FanfleetError(
      'RESULTS_CHANGED',
      `Expected the same results in every round of ${process.contender.name} but they changed.`,
      { source: 'internal' },
    );
  }
}

function measurementOf({ process, agreement, ran }: Lane): Measurement {
  const perImage = (secondsOf: (one: Lane['ran'][number]) => number | undefined) =>
    ran.flatMap((one) => {
      const seconds = secondsOf(one);
      return seconds === undefined ? [] : [(seconds * 1000) / one.images];
    });
  return {
    itemsPerSecond: ran.map(({ images, seconds }) => images / seconds),
    cpuMsPerImage: perImage(({ cpuSeconds }) => cpuSeconds),
    serverCpuMsPerImage: perImage(({ serverCpuSeconds }) => serverCpuSeconds),
    peakBytes: process.peakBytes(),
    agreement,
  };
}
