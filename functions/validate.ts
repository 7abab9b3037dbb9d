import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import { readAccountConcurrency } from '../src/aws/account-concurrency.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { layout } from '../src/contract/layout.ts';
import { joinKeptFleet } from '../src/fleet/kept/join-fleet.ts';
import { type KeptFleet, resolveKeptFleet } from '../src/fleet/kept/kept-fleet.ts';
import { parse } from '../src/parse.ts';
import { withDatasetRange } from '../src/report/dataset-range.ts';
import { withinAccount } from '../src/run/account-limit.ts';
import { expectResumable } from '../src/run/resume.ts';
import { type Run, resolveRun } from '../src/run/run.ts';
import { deploymentOf } from './environment.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const runEventSchema = z.object({
  input: z.unknown(),
  runId: z.string().min(1),
  startedAt: z.iso.datetime(),
});
const fleetEventSchema = z.object({ fleet: z.unknown(), id: z.string().min(1), startedAt: z.iso.datetime() });
type RunEvent = z.infer<typeof runEventSchema>;
type FleetEvent = z.infer<typeof fleetEventSchema>;
const lambda = new LambdaClient({ region });
const store = new ObjectStore(createS3({ region, endpoint }), environment.FANFLEET_RUNS_BUCKET);

/** Check the input of an execution, and resolve its defaults: of a run, or of a fleet that is to be kept. */
export const main = handler('validate', async (event: unknown) => {
  const what = 'The event of validate';
  const isFleet = typeof event === 'object' && event !== null && 'fleet' in event;
  return isFleet
    ? validateFleet(parse(fleetEventSchema, event, what))
    : validateRun(parse(runEventSchema, event, what));
});

function validateFleet({ fleet, id, startedAt }: FleetEvent): KeptFleet {
  const { stage, runsBucket, fleetHeartbeat } = deploymentOf(environment);
  const deployment = { stage, runsBucket, fleetHeartbeat, version: packageJson.version };
  return resolveKeptFleet(fleet, id, Date.parse(startedAt), deployment);
}

/** Keep to what the account runs at once, and write the outcome as `request.json`. */
async function validateRun({ input, runId, startedAt }: RunEvent): Promise<Run> {
  const stage = deploymentOf(environment);
  const { input: whole, joined, heartbeat } = await joinKeptFleet(input, store, packageJson.version);
  const deployment = heartbeat === null ? stage : { ...stage, fleetHeartbeat: heartbeat };
  const asked = resolveRun(whole, runId, Date.parse(startedAt), deployment, joined);
  const found = await readAccountConcurrency(lambda, asked.measure.functionName);
  if (typeof found === 'string') logger.warn('concurrency of the account not known', { runId, code: found });
  const run = await withDatasetRange(withinAccount(asked, found), store);
  await expectResumable(run, store);
  await store.putJson(layout.request(runId), run);
  logger.info('run accepted', {
    runId,
    arms: run.arms,
    workload: run.workload,
    schedule: run.schedule,
    concurrency: run.concurrency,
  });
  return run;
}
