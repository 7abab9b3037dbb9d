import { setTimeout as sleep } from 'node:timers/promises';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { ObjectWriter } from '../src/aws/object-writer.ts';
import { S3Requests } from '../src/aws/s3-requests.ts';
import { instanceLives } from '../src/fleet/instance-lives.ts';
import { terminateFleet } from '../src/fleet/terminate.ts';
import { parse } from '../src/parse.ts';
import { layout } from '../src/run/layout.ts';
import { environment, handler, logger, region, s3Access } from './runtime.ts';

/** From the state machine; or from EventBridge, when an execution was stopped and could not clean up itself. */
const eventSchema = z.union([
  z.object({ runId: z.string().min(1), round: z.int().nonnegative().optional() }),
  z
    .object({ detail: z.object({ name: z.string().min(1) }) })
    .transform(({ detail }) => ({ runId: detail.name, round: undefined })),
]);
const WAIT_MS = 180_000;
const ec2 = new EC2Client({ region });
const ssm = new SSMClient({ region });
const store = new ObjectWriter(new S3Requests(s3Access), environment.FANFLEET_RUNS_BUCKET);

/** End every instance of a run and delete its secrets, whatever state it is in; then write down how long each ran. */
export const main = handler('terminate-fleet', async (event: unknown) => {
  const { runId, round } = parse(eventSchema, event, 'The event of terminate-fleet');
  const terminated = await terminateFleet({
    ec2,
    ssm,
    stage: environment.FANFLEET_STAGE,
    runId,
    round,
    waitMs: WAIT_MS,
    sleep,
  });
  // A run that was stopped gets no report.
  if (round !== undefined) await writeLives(runId, round);
  logger.info('fleet terminated', { runId, round, terminated });
  return { terminated };
});

/** For the bill. The fleet is gone by now, so that a failure here must not look like one that is not. */
async function writeLives(runId: string, round: number): Promise<void> {
  try {
    const stage = environment.FANFLEET_STAGE;
    const instances = await instanceLives(ec2, { stage, runId, round, now: Date.now() });
    if (instances.length > 0) await store.putJson(layout.instances(runId, round), { instances });
  } catch (error) {
    logger.warn('how long the instances ran is not told', { runId, round, error });
  }
}
