import { setTimeout as sleep } from 'node:timers/promises';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { terminateFleet } from '../src/fleet/terminate.ts';
import { parse } from '../src/parse.ts';
import { environment, handler, logger, region } from './runtime.ts';

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

/** End every instance of a run and delete its secrets, whatever state it is in. */
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
  logger.info('fleet terminated', { runId, round, terminated });
  return { terminated };
});
