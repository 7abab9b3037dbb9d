import { EC2Client } from '@aws-sdk/client-ec2';
import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { cached } from '../src/concurrency/cached.ts';
import { architecture } from '../src/contract/architecture.ts';
import { ENGINES } from '../src/contract/engines.ts';
import { layout } from '../src/contract/layout.ts';
import { planSchema } from '../src/contract/plan.ts';
import { FanfleetError } from '../src/errors.ts';
import { readBootScript } from '../src/fleet/boot-script.ts';
import {
  type BundleParts,
  bundleKey,
  packBundle,
  uploadBundle,
  uploadOnnxruntime,
} from '../src/fleet/bundle.ts';
import { keepFleet, orderOf } from '../src/fleet/kept/keep-fleet.ts';
import { type KeptFleet, keptFleetSchema } from '../src/fleet/kept/kept-fleet.ts';
import { submitToKeptFleet } from '../src/fleet/kept/submit.ts';
import { launchFleet } from '../src/fleet/launch.ts';
import { parameterName, putSecrets } from '../src/fleet/secrets.ts';
import { fleetVariables } from '../src/fleet/variables.ts';
import { parse } from '../src/parse.ts';
import { type Run, runSchema } from '../src/run/run.ts';
import { runsModel } from '../src/workloads/names.ts';
import { fleetSettingsOf } from './environment.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

const taskToken = z.string().min(1);
/** From the benchmark, for a round of a run; or from the machine that keeps a fleet. */
const eventSchema = z.union([
  z.object({ run: runSchema, round: z.int().nonnegative(), taskToken }),
  z.object({ fleet: keptFleetSchema, taskToken, hasBooted: z.boolean().default(false) }),
]);
const root = environment.LAMBDA_TASK_ROOT;
const s3 = createS3({ region, endpoint });
const ec2 = new EC2Client({ region });
const ssm = new SSMClient({ region });
const sfn = new SFNClient({ region });

/** What every launch needs. */
const launching = {
  ec2,
  ssm,
  // What hosts in a network of their own find at the other address has EC2, too.
  ec2Endpoint:
    environment.FANFLEET_HOST_ENDPOINT_URL === undefined ? environment.AWS_ENDPOINT_URL_EC2 : undefined,
  settings: fleetSettingsOf(environment),
};
const hostEndpoint = environment.FANFLEET_HOST_ENDPOINT_URL ?? endpoint;

function partsOf({ engine, instanceTypes: [type = ''] }: Pick<Run, 'engine' | 'instanceTypes'>): BundleParts {
  return { processor: architecture(type), program: ENGINES[engine].isProgram === true };
}

/** By what is packed: the files of a function stay as they are. */
const bundleKeys = new Map<string, Promise<string>>();

/** The key of the bundle that a fleet would get now. */
function bundleKeyOf(run: Run): Promise<string> {
  const parts = partsOf(run);
  const name = JSON.stringify(parts);
  return cached(bundleKeys, name, () => bundleKey(root, parts));
}

/** Whether the run that this one resumes has left nothing of the round to do. */
async function isFinished(store: ObjectStore, { runId, resume }: Run, round: number): Promise<boolean> {
  if (resume === null) return false;
  const { resumed } = parse(planSchema, await store.getJson(layout.plan(runId)), layout.plan(runId));
  return resumed?.finished.some((done) => done.arm === 'fleet' && done.round === round) ?? false;
}

/**
 * Start the fleet of one round, give the round to a kept fleet, start one that is kept, or give one that has booted the token
 * by which it is kept. The state that called this ends when the head says so, with the task token; or at once, without a fleet,
 * where a resumed run has nothing left to do.
 */
export const main = handler('launch-fleet', async (event: unknown) => {
  const asked = parse(eventSchema, event, 'The event of launch-fleet');
  try {
    return 'fleet' in asked
      ? await (asked.hasBooted ? handOver : keep)(asked.fleet, asked.taskToken)
      : await work(asked.run, asked.round, asked.taskToken);
  } catch (reason) {
    // The state waits for its token, so an error must be told through the token too, or it would wait on.
    const error = FanfleetError.from(reason, 'aws');
    await sfn.send(
      new SendTaskFailureCommand({ taskToken: asked.taskToken, error: error.code, cause: error.message }),
    );
    throw error;
  }
});

async function work(run: Run, round: number, token: string) {
  const store = new ObjectStore(s3, run.runsBucket);
  if (await isFinished(store, run, round)) {
    // For the bill: it is known that there were none.
    await store.putJson(layout.instances(run.runId, round), { instances: [] });
    await sfn.send(
      new SendTaskSuccessCommand({ taskToken: token, output: '{"status": "nothing left to do"}' }),
    );
    logger.info('no fleet is needed', { runId: run.runId, round });
    return { instances: [] };
  }
  await provideOnnxruntime(run);
  if (run.keptFleet !== null) {
    const key = await bundleKeyOf(run);
    const now = Date.now();
    const job = await submitToKeptFleet({ store, ssm, run, round, taskToken: token, bundleKey: key, now });
    logger.info('job submitted', { runId: run.runId, round, fleet: run.keptFleet.id, job });
    return { fleet: run.keptFleet.id, job };
  }
  const { bundle, scripts } = await packed(run);
  const { instances, refusals } = await launchFleet({
    ...launching,
    run,
    round,
    taskToken: token,
    variables: fleetVariables({ run, round, region, endpoint: hostEndpoint, bundle }),
    scripts,
  });
  logger.info('fleet launched', { runId: run.runId, round, instances });
  if (refusals.length > 0) logger.warn('capacity was short', { runId: run.runId, round, refusals });
  return { instances };
}

async function keep(fleet: KeptFleet, token: string) {
  const { bundle, scripts } = await packed(fleet);
  const { instances, refusals } = await keepFleet({
    ...launching,
    store: new ObjectStore(s3, fleet.runsBucket),
    fleet,
    taskToken: token,
    region,
    endpoint: hostEndpoint,
    bundle,
    scripts,
  });
  logger.info('fleet launched', { fleet: fleet.id, instances });
  if (refusals.length > 0) logger.warn('capacity was short', { fleet: fleet.id, refusals });
  return { instances };
}

/** The head looks for it where the first one was. */
async function handOver(fleet: KeptFleet, token: string) {
  const { stage, runId } = orderOf(fleet);
  await putSecrets(ssm, parameterName(stage, runId, 0), token);
  return {};
}

/** Workers of the gRPC program fetch what runs models when they want it; hosts with Python have it from their boot on. */
async function provideOnnxruntime({ runsBucket, workload, ...fleet }: Run) {
  const { processor, program } = partsOf(fleet);
  if (program !== true || processor === undefined || !runsModel(workload.name)) return;
  await uploadOnnxruntime(s3, runsBucket, root, processor);
}

/** What its hosts fetch, where they find it, and the scripts that do. */
async function packed(fleet: Pick<Run, 'engine' | 'instanceTypes' | 'runsBucket'>) {
  const bundle = await packBundle(root, partsOf(fleet));
  bundleKeys.set(JSON.stringify(partsOf(fleet)), Promise.resolve(bundle.key));
  await uploadBundle(s3, fleet.runsBucket, bundle);
  const scripts = { head: await readBootScript(root, 'head'), worker: await readBootScript(root, 'worker') };
  return { bundle, scripts };
}
