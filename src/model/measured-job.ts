import { LAMBDA_LIMITS } from '../aws/limits.ts';
import { availableTo } from '../contract/account-limit.ts';
import { architectureOf } from '../cost/functions.ts';
import { classShares } from '../cost/storage-classes.ts';
import type { Prices } from '../prices/prices.ts';
import { calibrate, isMeasured, type MeasuredRun } from './calibrate.ts';
import type { Curves } from './curves.ts';
import { type Job, jobSchema } from './job.ts';
import { scalingCurves } from './scaling.ts';

/** The job that a run was. */
export function jobOfRun({ request, plan, environment, rounds }: MeasuredRun): Job {
  const functions = rounds
    .flatMap(({ arms }) => arms)
    .filter(({ arm, work }) => arm === 'serverless' && work);
  const instances = rounds.flatMap(({ arms }) => arms).flatMap((each) => each.instances ?? []);
  const spot = instances.some(({ role, market }) => role === 'worker' && market === 'spot');
  return jobSchema.parse({
    items: plan.items,
    bytesPerItem: Math.max(1, plan.bytes / plan.items),
    workload: request.workload.name,
    stages: mostStages(rounds),
    storage: [...classShares(plan.storageClasses)],
    packed: plan.shards > 0,
    batchSize: request.batchSize,
    concurrency: request.concurrency,
    accountConcurrency: accountConcurrencyOf({ request, environment }),
    memory: request.memory,
    architecture: architectureOf(environment),
    warm: functions.length > 0 && functions.every(({ work }) => work?.coldStarts === 0),
    engine: request.engine,
    workers: request.workers,
    instanceType: request.instanceType,
    market: spot ? 'spot' : 'on-demand',
  });
}

/** How many there were; null of a single map. */
function mostStages(rounds: MeasuredRun['rounds']): number | null {
  const most = Math.max(0, ...rounds.flatMap(({ arms }) => arms).map(({ stages }) => stages.length));
  return most === 0 ? null : most;
}

/** What Lambda said of the account; the local AWS says nothing of one, and what ran was within it. */
function accountConcurrencyOf({
  request,
  environment,
}: Pick<MeasuredRun, 'request' | 'environment'>): number {
  const found = environment.offline ? null : (request.accountLimit?.found ?? null);
  if (found !== null) return Math.max(1, availableTo(found));
  return Math.max(LAMBDA_LIMITS.accountConcurrency, request.concurrency);
}

/**
 * The curves of a run, by its own figures: `curves` of summary.json.
 *
 * @param prices null where there are none of the region
 * @returns null where not both arms were measured, or cannot be priced
 */
export function curvesOfRun(run: MeasuredRun, prices: Prices | null): Curves | null {
  const { request, plan } = run;
  if (prices === null || plan.items === 0 || prices.instances[request.instanceType] === undefined)
    return null;
  if (!isMeasured(run, 'serverless') || !isMeasured(run, 'fleet')) return null;
  return scalingCurves(jobOfRun(run), calibrate(run), prices);
}
