import { cpus, totalmem } from 'node:os';
import * as z from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import { readAnswerInputs, readInputNotes } from '../src/aggregate/answer-inputs.ts';
import { aggregateArm } from '../src/aggregate/arm.ts';
import { readHosts } from '../src/aggregate/hosts.ts';
import type { ArmTimes } from '../src/aggregate/run-facts.ts';
import { toleratedDifference } from '../src/aggregate/tolerated.ts';
import { getIfPresent } from '../src/aws/bucket-reader.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { baselineSchema } from '../src/contract/baseline.ts';
import { layout } from '../src/contract/layout.ts';
import { type Plan, planSchema } from '../src/contract/plan.ts';
import type { ReportEnvironment } from '../src/contract/report-environment.ts';
import { FanfleetError } from '../src/errors.ts';
import { fleetInfoSchema } from '../src/fleet/arm-info.ts';
import { instanceLivesSchema } from '../src/fleet/instance-life.ts';
import { parse, parseJson } from '../src/parse.ts';
import { findPrices, type Prices } from '../src/prices/prices.ts';
import { readStoredPrices } from '../src/prices/stored-prices.ts';
import { armTimes, passesSchema } from '../src/report/arm-times.ts';
import { type ArmInput, buildSummary } from '../src/report/summary.ts';
import { type Run, runSchema } from '../src/run/run.ts';
import type { Inputs } from '../src/workloads/workload.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema, passes: passesSchema });
const s3 = createS3({ region, endpoint });

/** Read what both arms left in S3, check it, add it up, compare it, and write `summary.json`. */
export const main = handler('aggregate', async (event: unknown) => {
  const { run, passes } = parse(eventSchema, event, 'The event of aggregate');
  const store = new ObjectStore(s3, run.runsBucket);
  const [arms, prices, plan, baseline] = await Promise.all([
    readArms(store, run, passes),
    readRegionPrices(store),
    readPlan(store, run),
    readIfPresent(store, layout.baseline(run.runId), baselineSchema),
  ]);
  const summary = buildSummary({
    run,
    endedAt: Date.now(),
    plan,
    environment: reportEnvironment(),
    baseline,
    arms,
    tolerated: await readTolerated(store, run, arms),
    prices,
  });
  await store.putJson(layout.summary(run.runId), summary);
  const rounds = summary.rounds.flatMap((round) => round.arms);
  const outcome = {
    failedArms: rounds.filter(({ status, valid }) => status === 'failed' || valid === false).length,
    failedItems: summary.failures.codes.reduce((sum, { count }) => sum + count, 0),
    digestsEqual: summary.agreement.equal,
    summaryKey: layout.summary(run.runId),
  };
  logger.info('aggregated', { runId: run.runId, ...outcome });
  return outcome;
});

/** With what is worth a word of the inputs that were made of it. */
async function readPlan(store: ObjectStore, run: Run): Promise<Plan> {
  const plan = parse(planSchema, await store.getJson(layout.plan(run.runId)), 'plan.json');
  const notes = run.hasInputs ? await readInputNotes(store, run.runId) : [];
  return { ...plan, notes: [...plan.notes, ...notes] };
}

/** One after the other: of each some batches are held. */
async function readArms(store: ObjectStore, run: Run, passes: z.infer<typeof passesSchema>) {
  const inputs = await readAnswerInputs(store, run.runId, run.workload.name);
  const arms: ArmInput[] = [];
  for (const times of armTimes(passes)) arms.push(await readArm(store, run, times, inputs));
  return arms;
}

/** What arms have in common that gave different rows. */
function readTolerated(store: ObjectStore, { runId, workload }: Run, arms: readonly ArmInput[]) {
  const done = arms.flatMap(({ times, aggregate }) =>
    times.status === 'succeeded' && aggregate?.valid ? [aggregate] : [],
  );
  return toleratedDifference({ reader: store, runId }, workload.name, done, endpoint !== undefined);
}

/** A failed arm is read too: what it finished is in S3, and the report says what is missing. */
async function readArm(store: ObjectStore, run: Run, times: ArmTimes, inputs: Inputs): Promise<ArmInput> {
  const { arm, round } = times;
  const fleet =
    arm === 'fleet'
      ? await readIfPresent(store, layout.armInfo(run.runId, arm, round), fleetInfoSchema)
      : null;
  const where = { reader: store, runId: run.runId, round };
  const wall = {
    startedAt: times.startedAt ?? run.startedAt,
    endedAt: times.endedAt ?? run.startedAt,
  };
  const [aggregate, hosts, lives] = await Promise.all([
    aggregateArm({
      ...where,
      ...wall,
      arm,
      workload: run.workload,
      inputs,
      hasStages: run.hasStages,
      engineStartedAt: fleet?.engineStartedAt,
      headClock: fleet?.clock,
      resumedAt: run.resume === null ? undefined : run.startedAt,
    }),
    arm === 'fleet' ? readHosts({ ...where, ...wall, fleet }) : [],
    arm === 'fleet' ? readIfPresent(store, layout.instances(run.runId, round), instanceLivesSchema) : null,
  ]);
  return { times, aggregate, fleet, hosts, instances: lives?.instances ?? null };
}

/** Those that `fanfleet prices refresh --publish` put there, else those that come with fanfleet. */
async function readRegionPrices(store: ObjectStore): Promise<Prices | null> {
  const key = layout.prices(region);
  const found = await getIfPresent(store, key);
  if (found === null) return findPrices(region);
  try {
    return readStoredPrices(found.toString('utf8'), region, key);
  } catch (reason) {
    // What was measured is worth more than its bill.
    const { message } = FanfleetError.from(reason);
    logger.warn('prices not read', { key, message });
    const shipped = findPrices(region);
    return shipped === null ? null : { ...shipped, remarks: [message] };
  }
}

async function readIfPresent<S extends z.ZodType>(store: ObjectStore, key: string, schema: S) {
  const found = await getIfPresent(store, key);
  return found === null ? null : parseJson(schema, found, key);
}

function reportEnvironment(): ReportEnvironment {
  return {
    offline: endpoint !== undefined,
    region,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    versions: { fanfleet: packageJson.version, sharp: packageJson.dependencies.sharp },
  };
}
