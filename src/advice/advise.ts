import { ARMS } from '../contract/arm.ts';
import type { Job } from '../model/job.ts';
import { aroundArms, problemsOf, setupsOf } from '../model/predict.ts';
import type { Prices } from '../prices/prices.ts';
import type { AdviceRequest } from '../run/advice-request.ts';
import type { Advice, Choice, Refusal } from './advice.ts';
import { breakEvenOf } from './break-even.ts';
import { type Candidate, candidatesOf, type Ground, jobOf } from './candidates.ts';
import { best, bestOf, excessOf, fits, isInTime, type Limits, NO_LIMITS } from './choose.ts';
import { flipsOf } from './flips.ts';
import { sentenceOf } from './sentence.ts';
import { weightOf } from './strategy.ts';

/**
 * Which arm with which settings, by the closed form of the model over every candidate; what the other arm would take, what the
 * limits keep out, and what the advice turns on. The same input gives the same advice.
 */
export function advise(ground: Ground, request: AdviceRequest): Advice {
  const { workload } = ground;
  const weight = weightOf(request);
  const all = candidatesOf(ground);
  const candidates = all.filter(({ batchesFit }) => batchesFit);
  const limits = limitsOf(ground, request);
  const [serverless, fleet] = ARMS.map((arm) => bestOf(arm, candidates, weight, limits));
  const chosen = best(candidates, weight, limits);
  const runnerUp = (chosen?.arm === 'serverless' ? fleet : serverless) ?? null;
  const searchAt = (items: number) =>
    choose({ ...ground, workload: { ...workload, items } }, request)?.arm ?? null;
  const advice = {
    strategy: request.strategy,
    weight,
    deadlineSeconds: request.deadlineSeconds ?? null,
    budgetUsd: request.budgetUsd ?? null,
    workload: {
      items: workload.items,
      bytesPerItem: workload.bytesPerItem,
      workload: workload.workload,
      aroundSeconds: limits.aroundSeconds,
    },
    best: chosen && choiceOf(chosen),
    runnerUp: runnerUp && choiceOf(runnerUp),
    refused: refusalsOf(all, weight, limits),
    nearest: chosen === null ? nearest(all, weight, limits) : null,
    breakEven: serverless && fleet ? breakEvenOf(ground, serverless, fleet) : null,
    flips: flipsOf({ candidates, weight, limits }, workload.items, searchAt),
    candidates: all.length,
    calibration: [...new Set(ground.calibrations.map(({ source }) => source))].join('; '),
    differentKernels:
      ground.calibrations.find((one) => one.differentKernels !== null)?.differentKernels ?? null,
    notes: notesOf(ground, chosen),
  };
  return { sentence: sentenceOf(advice), ...advice };
}

/** The best candidate alone; null where none keeps to the limits. */
export function choose(ground: Ground, request: AdviceRequest): Candidate | null {
  const candidates = candidatesOf(ground).filter(({ batchesFit }) => batchesFit);
  return best(candidates, weightOf(request), limitsOf(ground, request));
}

function limitsOf(ground: Ground, { deadlineSeconds, budgetUsd }: AdviceRequest): Limits {
  const { planMs, aggregateMs, fixedMs } = aroundArms(jobOf(ground, {}));
  return {
    seconds: deadlineSeconds ?? NO_LIMITS.seconds,
    aroundSeconds: (planMs + aggregateMs + fixedMs) / 1000,
    usd: budgetUsd ?? NO_LIMITS.usd,
  };
}

/** What passes the limits by the least factor; of several that do so by about the same, the best. */
function nearest(all: readonly Candidate[], weight: number, limits: Limits): Choice | null {
  const excess = (one: Candidate) => excessOf(one, limits);
  const least = all.reduce((lowest, one) => Math.min(lowest, excess(one)), Number.POSITIVE_INFINITY);
  const found = best(
    all.filter((one) => excess(one) <= least * SAME),
    weight,
    NO_LIMITS,
  );
  return found && choiceOf(found);
}
/** What differs by less is the same. */
const SAME = 1.01;

function choiceOf({ arm, job, label, seconds, usd, limit }: Candidate): Choice {
  const { memory, architecture, batchSize, concurrency, engine, workers, instanceType, market } = job;
  const settings: Choice['settings'] =
    arm === 'serverless'
      ? { arm, memory, architecture, batchSize, concurrency }
      : { arm, engine, workers, instanceType, market, batchSize };
  return { settings, label, seconds, usd, limit };
}

function refusalsOf(all: readonly Candidate[], weight: number, limits: Limits): Refusal[] {
  const reasonOf = (one: Candidate): Refusal['reason'] | null => {
    if (!one.batchesFit) return 'batch time';
    if (!isInTime(one, limits)) return 'deadline';
    return fits(one, limits) ? null : 'budget';
  };
  const refused = Map.groupBy(all, (one) => `${one.arm} ${reasonOf(one) ?? ''}`);
  return [...refused.values()].flatMap((alike) => {
    const found = best(alike, weight, NO_LIMITS);
    const reason = found && reasonOf(found);
    if (!found || !reason) return [];
    return [{ arm: found.arm, reason, candidates: alike.length, best: choiceOf(found) }];
  });
}

/** What one must know to trust it. */
function notesOf({ calibrations, prices }: Ground, chosen: Candidate | null): string[] {
  const { lambdaArmGbSecond: arm, lambdaX86GbSecond: x86 } = prices.prices;
  const saved = 1 - (arm.tiers[0]?.usd ?? 0) / (x86.tiers[0]?.usd ?? 1);
  const calibration = calibrations.find(
    ({ fleet }) => chosen?.arm !== 'fleet' || fleet?.engine === chosen.job.engine,
  );
  const problems =
    chosen === null || calibration === undefined
      ? []
      : problemsOf(
          chosen.job,
          setupsOf(chosen.job, calibration, prices).filter((setup) => setup.arm === chosen.arm),
        );
  return [
    ...problems,
    `A vCPU of Arm is taken to be as fast as one of x86, and all instance types with as many vCPUs as equally fast. Lambda on Arm is ${Math.round(100 * saved)} % cheaper, so x86 is the better one if Arm takes more than ${Math.round(100 * (1 / (1 - saved) - 1))} % longer.`,
    ...(chosen === null ? [] : spotNotes(chosen.job, prices)),
  ];
}

function spotNotes({ market, instanceType }: Job, { instances }: Prices): string[] {
  if (market !== 'spot') return [];
  return [
    'Interruptions of Spot workers are not in the time: `fanfleet simulate` has them.',
    ...(instances[instanceType]?.spot
      ? []
      : [
          'Nobody has looked up what Spot costs: the bill has the On-Demand price, which Spot does not pass.',
        ]),
  ];
}
