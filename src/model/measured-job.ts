import { architectureOf } from '../cost/functions.ts';
import type { Prices } from '../cost/prices.ts';
import { classShares } from '../cost/storage-classes.ts';
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
    images: plan.images,
    bytesPerImage: Math.max(1, plan.bytes / plan.images),
    operation: request.operation,
    storage: [...classShares(plan.storageClasses)],
    packed: plan.shards > 0,
    batchSize: request.batchSize,
    concurrency: request.concurrency,
    // The account's quota is not in a summary; what ran was within it.
    accountConcurrency: Math.max(1000, request.concurrency),
    memory: request.memory,
    architecture: architectureOf(environment),
    warm: functions.length > 0 && functions.every(({ work }) => work?.coldStarts === 0),
    engine: request.engine,
    workers: request.workers,
    instanceType: request.instanceType,
    market: spot ? 'spot' : 'on-demand',
  });
}

/**
 * The curves of a run, by its own figures: `curves` of summary.json.
 *
 * @param prices null where there are none of the region
 * @returns null where not both arms were measured, or cannot be priced
 */
export function curvesOfRun(run: MeasuredRun, prices: Prices | null): Curves | null {
  const { request, plan } = run;
  if (prices === null || plan.images === 0 || prices.instances[request.instanceType] === undefined)
    return null;
  if (!isMeasured(run, 'serverless') || !isMeasured(run, 'fleet')) return null;
  return scalingCurves(jobOfRun(run), calibrate(run), prices);
}
