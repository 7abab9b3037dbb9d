import { LAMBDA_LIMITS, STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';
import { ENGINES } from '../contract/engines.ts';
import type { BillLine } from '../cost/bill.ts';
import { baselineOf } from '../cost/burstable.ts';
import { fleetSetup, serverlessSetup } from '../model/arm-setup.ts';
import type { Calibration, FleetCalibration } from '../model/calibration.ts';
import { type Job, jobSchema } from '../model/job.ts';
import { type Prediction, predictArm } from '../model/predict.ts';
import { instancePrice, type Prices } from '../prices/prices.ts';

/** What is to be done, and where: the parts of a job that no advice can change. */
export type Workload = Pick<
  Job,
  'items' | 'bytesPerItem' | 'workload' | 'stages' | 'storage' | 'packed' | 'partitions'
> &
  Pick<Job, 'accountConcurrency' | 'warm' | 'interruptionsPerHour'>;

/** What the advice chooses: first that of functions, then that of a fleet. */
export const SETTINGS = [
  ...(['memory', 'architecture', 'batchSize', 'concurrency'] as const),
  ...(['engine', 'workers', 'instanceType', 'market'] as const),
] as const satisfies readonly (keyof Job)[];
export type Settings = Pick<Job, (typeof SETTINGS)[number]>;

/** An arm with settings, and what it would take. */
export interface Candidate extends Pick<Prediction, 'arm' | 'label' | 'seconds' | 'usd' | 'limit'> {
  readonly job: Job;
  /** Parts of `usd`: instances by the hour; and those with their volumes and addresses, which cost whatever they do. */
  readonly instancesUsd: number;
  readonly standingUsd: number;
  /** Whether its batches end in half of the time that a function has, so that slow ones do too. */
  readonly batchesFit: boolean;
}

export interface Ground {
  readonly workload: Workload;
  /** Settings that are not up for choice. */
  readonly fixed: Partial<Settings>;
  /** What the arms take; each one's fleet is an engine, and the first that knows functions counts for those. */
  readonly calibrations: readonly Calibration[];
  readonly prices: Prices;
}

const MEMORY = [512, 1024, 1769, 3538, 5307, 7076, LAMBDA_LIMITS.mostMemoryMb] as const;
const BATCH_SIZES = [50, 100, 200, 500, 1000] as const;
const CONCURRENCY = [
  10,
  20,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
  STEP_FUNCTIONS_LIMITS.mapConcurrency,
] as const;
const WORKERS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256] as const;

/** Every combination that can be the best one, with what the model says of it. */
export function candidatesOf(ground: Ground): Candidate[] {
  return [...serverlessCandidates(ground), ...fleetCandidates(ground)];
}

/**
 * @returns null where the calibrations know nothing of its arm
 * @throws FanfleetError `PRICES_MISSING` for an instance type without a price
 */
export function candidateOf(ground: Ground, arm: Candidate['arm'], job: Job): Candidate | null {
  const { calibrations, prices } = ground;
  if (arm === 'serverless') {
    const calibration = calibrations.find(({ serverless }) => serverless !== null);
    if (!calibration?.serverless) return null;
    return predicted(ground, job, serverlessSetup(job, calibration, calibration.serverless));
  }
  const calibration = calibrations.find(({ fleet }) => fleet?.engine === job.engine);
  if (!calibration?.fleet) return null;
  const { vcpus } = instancePrice(prices, job.instanceType);
  return predicted(ground, job, fleetSetup(job, calibration, calibration.fleet, vcpus));
}

function predicted({ prices }: Ground, job: Job, setup: Parameters<typeof predictArm>[1]): Candidate {
  const { arm, label, seconds, usd, limit, bill } = predictArm(job, setup, prices);
  const partOf = (counts: (line: BillLine) => boolean) =>
    bill.lines.filter(counts).reduce((sum, line) => sum + line.usd, 0);
  const instancesUsd = partOf(({ service, unit }) => service === 'ec2' && unit === 'hour');
  return {
    ...{ job, arm, label, seconds, usd, limit, instancesUsd },
    standingUsd: instancesUsd + partOf(({ service }) => service === 'ebs' || service === 'ipv4'),
    batchesFit: setup.batchMs <= setup.mostBatchMs / 2,
  };
}

/** Arm and x86 functions take the same time by the model, so that only the cheaper one can be the best. */
function serverlessCandidates(ground: Ground): Candidate[] {
  const { workload, fixed, prices } = ground;
  const { lambdaArmGbSecond: arm, lambdaX86GbSecond: x86 } = prices.prices;
  const cheaper = (arm.tiers[0]?.usd ?? 0) <= (x86.tiers[0]?.usd ?? 0) ? 'arm64' : 'x86_64';
  const most = Math.min(workload.accountConcurrency, CONCURRENCY.at(-1) ?? 1);
  const concurrencies = [...CONCURRENCY.filter((count) => count < most), most];
  return axis(fixed.memory, MEMORY).flatMap((memory) =>
    axis(fixed.batchSize, BATCH_SIZES).flatMap((batchSize) =>
      axis(fixed.concurrency, concurrencies).flatMap((concurrency) => {
        const architecture = fixed.architecture ?? cheaper;
        const job = jobOf(ground, { memory, batchSize, concurrency, architecture });
        return candidateOf(ground, 'serverless', job) ?? [];
      }),
    ),
  );
}

function fleetCandidates(ground: Ground): Candidate[] {
  const { fixed, calibrations } = ground;
  const engines = calibrations.flatMap(({ fleet }) => fleet ?? []);
  const wanted = engines.filter(({ engine }) => fixed.engine === undefined || engine === fixed.engine);
  return wanted
    .filter((engine) => !wanted.some((other) => dominates(other, engine)))
    .flatMap((fleet) =>
      typesFor(ground, fleet).flatMap(({ instanceType, market }) =>
        axis(fixed.workers, WORKERS).flatMap((workers) =>
          axis(fixed.batchSize, BATCH_SIZES).flatMap((batchSize) => {
            const { engine } = fleet;
            const job = jobOf(ground, { engine, instanceType, market, workers, batchSize });
            return candidateOf(ground, 'fleet', job) ?? [];
          }),
        ),
      ),
    );
}

function axis<T>(fixed: T | undefined, all: readonly T[]): readonly T[] {
  return fixed === undefined ? all : [fixed];
}

/** The job with these settings, and for all others their defaults. */
export function jobOf({ workload, fixed }: Ground, settings: Partial<Settings>): Job {
  return { ...DEFAULTS, ...fixed, ...settings, ...workload };
}
const DEFAULTS = jobSchema.parse({ items: 1 });

/** Whether an engine takes no longer than another in anything, and less in something: the other one is never better. */
function dominates(one: FleetCalibration, other: FleetCalibration): boolean {
  if (ENGINES[one.engine].leastMemoryGib > ENGINES[other.engine].leastMemoryGib) return false;
  const figures = ({ work, stage, bootMs, engineStartMs, endMs }: FleetCalibration) => [
    work.itemMs * work.vcpus,
    ...[work.getMs / work.getsAtOnce, work.batchMs, work.dispatchMs],
    ...[bootMs, engineStartMs, endMs],
    ...[stage.betweenMs, stage.reduceBatchMs, laterItemMs(work) * work.vcpus],
  ];
  const [own, others] = [figures(one), figures(other)];
  return own.every((ms, i) => ms <= (others[i] ?? 0)) && own.some((ms, i) => ms < (others[i] ?? 0));
}

/** Of an item in a stage after the first. */
function laterItemMs({ itemMs, kept }: FleetCalibration['work']): number {
  return kept === null ? itemMs : kept.part * kept.itemMs + (1 - kept.part) * itemMs;
}

type Offer = Pick<Settings, 'instanceType' | 'market'>;

/**
 * Of types with the same number of processors, which the model takes for equally fast, the cheapest: one whose processors
 * are its own and one that pays for their use beyond a baseline. And the type that was measured, which may be another case.
 */
function typesFor({ fixed, prices }: Ground, { engine, instanceType: measured }: FleetCalibration): Offer[] {
  const markets = fixed.market === undefined ? (['on-demand', 'spot'] as const) : [fixed.market];
  if (fixed.instanceType !== undefined) {
    const { instanceType } = fixed;
    return offers(prices, [instanceType], markets, fixed.market !== undefined);
  }
  const enough = Object.entries(prices.instances)
    .filter(([, { memoryGib }]) => memoryGib >= ENGINES[engine].leastMemoryGib)
    .map(([instanceType]) => instanceType)
    .sort();
  return markets.flatMap((market) => {
    const offered = offers(prices, enough, [market], fixed.market !== undefined);
    const cheapest = Map.groupBy(offered, ({ instanceType }) => kindOf(prices, instanceType))
      .values()
      .map((alike) => alike.reduce((a, b) => (hourOf(prices, b) < hourOf(prices, a) ? b : a)));
    return [...new Set([...cheapest, ...offered.filter(({ instanceType }) => instanceType === measured)])];
  });
}

/** Spot only where its price is known, unless it is asked for: it would cost the same and could be taken away. */
function offers(
  prices: Prices,
  types: readonly string[],
  markets: readonly Offer['market'][],
  asked: boolean,
): Offer[] {
  return types.flatMap((instanceType) =>
    markets
      .filter((market) => asked || market === 'on-demand' || prices.instances[instanceType]?.spot)
      .map((market) => ({ instanceType, market })),
  );
}

function kindOf({ instances }: Prices, type: string): string {
  return `${instances[type]?.vcpus} ${baselineOf(type) ?? 'own'}`;
}

function hourOf({ instances }: Prices, { instanceType, market }: Offer): number {
  const price = instances[instanceType];
  return (market === 'spot' ? price?.spot?.hour : null) ?? price?.onDemandHour ?? Number.POSITIVE_INFINITY;
}
