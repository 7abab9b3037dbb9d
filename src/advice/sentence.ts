import { amount, bytes, duration, plural, usd } from '../format.ts';
import { differentKernelsText } from '../model/calibration.ts';
import { unitOf } from '../workloads/facts.ts';
import type { Advice, Choice } from './advice.ts';

type Said = Omit<Advice, 'sentence'>;

/** The advice in one sentence: what to take and why, or what keeps it from being given. */
export function sentenceOf(advice: Said): string {
  const { differentKernels: kernels } = advice;
  return kernels === null ? choiceOf(advice) : `${choiceOf(advice)} ${differentKernelsText(kernels)}`;
}

function choiceOf(advice: Said): string {
  const { best, runnerUp, workload } = advice;
  const { one, many } = unitOf(workload.workload);
  const what = `${amount(workload.items)} ${workload.items === 1 ? one : many} of ${bytes(Math.round(workload.bytesPerItem))}`;
  if (best === null) return nothing(advice, what);
  const taken = `For ${what} take ${choiceText(best)}: ${takes(best)}, ${reason(advice)}`;
  if (runnerUp === null)
    return `${taken}; no other arm ${refused(advice) ? 'keeps to the limits' : 'is known'}.`;
  return `${taken}; the other arm at its best, ${choiceText(runnerUp)}, takes ${takes(runnerUp)}.`;
}

function nothing({ nearest, deadlineSeconds, budgetUsd, candidates, workload }: Said, what: string): string {
  if (nearest === null) return `Nothing can be advised for ${what}: no arm is known.`;
  const limits = [
    ...(deadlineSeconds === null ? [] : [duration(deadlineSeconds * 1000)]),
    ...(budgetUsd === null ? [] : [usd(budgetUsd)]),
  ];
  const within = limits.length === 0 ? 'with batches that end in time' : `in ${limits.join(' and for ')}`;
  const around =
    deadlineSeconds !== null && workload.aroundSeconds >= deadlineSeconds
      ? `, since listing and adding up alone take ${duration(workload.aroundSeconds * 1000)}`
      : '';
  return `None of ${plural(candidates, 'way')} to do ${what} is possible ${within}${around}; the nearest is ${choiceText(nearest)}: ${takes(nearest)}.`;
}

const WHY = {
  cost: 'the least money',
  speed: 'the least time',
  balanced: 'the best of time and money',
} as const;

function reason({ strategy, weight, deadlineSeconds, budgetUsd }: Said): string {
  const limits = [
    ...(deadlineSeconds === null ? [] : [`in ${duration(deadlineSeconds * 1000)}`]),
    ...(budgetUsd === null ? [] : [`for ${usd(budgetUsd)}`]),
  ];
  const counted = strategy === 'balanced' ? ` (cost counts ${Math.round(100 * weight)} %)` : '';
  return `${WHY[strategy]}${counted}${limits.length === 0 ? '' : ` that is to be had ${limits.join(' and ')}`}`;
}

function refused({ refused: all, best }: Said): boolean {
  return all.some(({ arm }) => arm !== best?.settings.arm);
}

/** `16 x c7g.xlarge (grpc, Spot, batches of 200)`. */
export function choiceText({ settings }: Choice): string {
  if (settings.arm === 'serverless') {
    const { memory, architecture, concurrency, batchSize } = settings;
    return `${plural(concurrency, 'Lambda function')} of ${memory} MB (${architecture}, batches of ${batchSize})`;
  }
  const { workers, instanceType, engine, market, batchSize } = settings;
  const terms = market === 'spot' ? ', Spot' : '';
  return `${plural(workers, 'worker')} of ${instanceType} (${engine}${terms}, batches of ${batchSize})`;
}

function takes({ seconds, usd: cost }: Choice): string {
  return `${duration(seconds * 1000)} and ${usd(cost)}`;
}

/** The options of `fanfleet run` that are the choice. */
export function optionsOf({ settings }: Choice): string {
  if (settings.arm === 'serverless') {
    const { memory, concurrency, batchSize } = settings;
    return `--arms serverless --memory ${memory} --concurrency ${concurrency} --batch-size ${batchSize}`;
  }
  const { workers, instanceType, engine, market, batchSize } = settings;
  const spot = market === 'spot' ? ' --market spot' : '';
  return `--arms fleet --engine ${engine} --workers ${workers} --instance-type ${instanceType}${spot} --batch-size ${batchSize}`;
}
