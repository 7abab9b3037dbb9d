import { type EC2Client, paginateDescribeInstances, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { FanfleetError } from '../errors.ts';
import { awsErrorIs } from './aws-error.ts';
import { deleteTemplates } from './launch-template.ts';
import { deleteSecrets } from './secrets.ts';
import { fleetFilters } from './tags.ts';

export interface TerminateOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly stage: string;
  readonly runId: string;
  /** One round, or every round of the run. */
  readonly round?: number | undefined;
  /** Wait until each instance is gone, so long at most. */
  readonly waitMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

const POLL_MS = 250;
/** One that is shutting down counts: another call may have ended it, and both wait until it is gone. */
const NOT_GONE = {
  Name: 'instance-state-name',
  Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
};

/**
 * End every instance of a run (they are found by their tags, so that it does not matter who started them or whether
 * anybody remembers) and delete its launch templates and its secrets. Safe to call at any time and again. A launch that
 * is still under way can start nothing more, and what it had started is found by the next look.
 *
 * @returns the ids of those that were not gone yet
 * @throws FanfleetError `FLEET_NOT_TERMINATED` if some are still there after `waitMs`
 */
export async function terminateFleet(options: TerminateOptions): Promise<readonly string[]> {
  const { ec2, ssm, stage, runId, round } = options;
  await deleteTemplates(ec2, stage, runId, round);
  const ended = new Set<string>();
  let left = await endLive(options, ended);
  await deleteSecrets(ssm, stage, runId, round);
  for (let waited = 0; left.length > 0; waited += POLL_MS) {
    if (waited >= options.waitMs) {
      throw new FanfleetError(
        'FLEET_NOT_TERMINATED',
        `Expected the instances ${left.join(', ')} to be terminated but they are not after ${options.waitMs} ms; call again.`,
        { source: 'aws' },
      );
    }
    await options.sleep(POLL_MS);
    left = await endLive(options, ended);
  }
  return [...ended];
}

/** Terminate those that are not in `ended` yet, and add them. Gives all that are not gone. */
async function endLive(options: TerminateOptions, ended: Set<string>): Promise<readonly string[]> {
  const left = await liveInstances(options);
  const InstanceIds = left.filter((id) => !ended.has(id));
  if (InstanceIds.length === 0) return left;
  try {
    await options.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    for (const id of InstanceIds) ended.add(id);
  } catch (error) {
    // EC2 forgot one of them in between: it is gone, and the next look finds the others.
    if (!awsErrorIs(error, 'InvalidInstanceID.NotFound')) throw error;
  }
  return left;
}

async function liveInstances({ ec2, stage, runId, round }: TerminateOptions): Promise<string[]> {
  const Filters = [...fleetFilters(stage, runId, round), NOT_GONE];
  const found: string[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    const instances = (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    found.push(...instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  }
  return found;
}
