import { setTimeout as sleep } from 'node:timers/promises';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { keptFleetRun, layout } from '../src/contract/layout.ts';
import { fleetInfoSchema } from '../src/fleet/arm-info.ts';
import { instanceLives } from '../src/fleet/instance-lives.ts';
import { endQueue, failOpenJobs } from '../src/fleet/kept/end-fleet.ts';
import { keptFiles } from '../src/fleet/kept/files.ts';
import { shareOfJob } from '../src/fleet/kept/share.ts';
import { deleteSecrets } from '../src/fleet/secrets.ts';
import { terminateFleet } from '../src/fleet/terminate.ts';
import { parse } from '../src/parse.ts';
import { endpoint, environment, handler, logger, region } from './runtime.ts';

type EndOfFleet = { readonly fleet: string; readonly reason: string; readonly isLastJob: boolean };
type EndOfRun = {
  readonly runId: string;
  readonly round?: number | undefined;
  readonly keptFleet?: { readonly id: string } | null | undefined;
};

const fleetsMachine = `${environment.FANFLEET_STAGE}-fleets`;
/**
 * From the machines: a round of a run, or a kept fleet that has come to its end. From a user: a kept fleet that shall take no
 * more jobs. Or from EventBridge, when an execution was stopped and could not clean up itself.
 */
const eventSchema = z.union([
  z.object({
    runId: z.string().min(1),
    round: z.int().nonnegative().optional(),
    keptFleet: z.object({ id: z.string() }).nullable().optional(),
  }),
  z.object({ fleet: z.string().min(1), reason: z.string(), isLastJob: z.boolean().default(false) }),
  z
    .object({ detail: z.object({ name: z.string().min(1), stateMachineArn: z.string().optional() }) })
    .transform(({ detail: { name, stateMachineArn = '' } }): EndOfRun | EndOfFleet =>
      stateMachineArn.endsWith(fleetsMachine)
        ? { fleet: name, reason: 'stopped', isLastJob: false }
        : { runId: name, round: undefined, keptFleet: null },
    ),
]);
const WAIT_MS = 180_000;
const ec2 = new EC2Client({ region });
const ssm = new SSMClient({ region });
const sfn = new SFNClient({ region });
const store = new ObjectStore(createS3({ region, endpoint }), environment.FANFLEET_RUNS_BUCKET);
const stage = environment.FANFLEET_STAGE;

/** End every instance of a fleet and delete its secrets, whatever state it is in; then write down how long each ran. */
export const main = handler('terminate-fleet', async (event: unknown) => {
  const asked = parse(eventSchema, event, 'The event of terminate-fleet');
  return 'fleet' in asked ? endKept(asked) : endRun(asked);
});

async function endKept({ fleet: id, reason, isLastJob }: EndOfFleet) {
  await endQueue({ store, id, reason });
  if (isLastJob) return { terminated: [] };
  await failOpenJobs({ store, ssm, sfn, id, reason });
  const terminated = await terminate(keptFleetRun(id), 0);
  await writeLives(keptFleetRun(id), 0);
  // The rule of EventBridge calls it once more for one that has failed: the first reason is the true one.
  await store.putNew(keptFiles.end(id), { endedAt: Date.now(), reason });
  logger.info('kept fleet ended', { fleet: id, reason, terminated });
  return { terminated };
}

async function endRun({ runId, round, keptFleet }: EndOfRun) {
  if (round !== undefined && keptFleet) {
    // Its fleet stays.
    await Promise.all([deleteSecrets(ssm, stage, runId, round), writeShare(runId, round, keptFleet.id)]);
    return { terminated: [] };
  }
  const terminated = await terminate(runId, round);
  // A run that was stopped gets no report.
  if (round !== undefined) await writeLives(runId, round);
  logger.info('fleet terminated', { runId, round, terminated });
  return { terminated };
}

function terminate(runId: string, round: number | undefined): Promise<readonly string[]> {
  return terminateFleet({ ec2, ssm, stage, runId, round, waitMs: WAIT_MS, sleep });
}

/** For the bill. The fleet is gone by now, so that a failure here must not look like one that is not. */
async function writeLives(runId: string, round: number): Promise<void> {
  try {
    const instances = await instanceLives(ec2, { stage, runId, round, now: Date.now() });
    if (instances.length > 0) await store.putJson(layout.instances(runId, round), { instances });
  } catch (error) {
    logger.warn('how long the instances ran is not told', { runId, round, error });
  }
}

/** For the bill, likewise: what of the lives of a kept fleet is of this run. */
async function writeShare(runId: string, round: number, id: string): Promise<void> {
  try {
    const key = layout.armInfo(runId, 'fleet', round);
    const { kept } = parse(fleetInfoSchema, await store.getJson(key), key);
    if (kept === undefined) return;
    const lives = await instanceLives(ec2, { stage, runId: keptFleetRun(id), round: 0, now: Date.now() });
    await store.putJson(layout.instances(runId, round), { instances: shareOfJob(lives, kept) });
  } catch (error) {
    logger.warn('what the run has of its kept fleet is not told', { runId, round, fleet: id, error });
  }
}
