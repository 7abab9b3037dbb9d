import {
  DescribeInstancesCommand,
  type EC2Client,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  ParameterNotFound,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { FanfleetError } from '../errors.ts';
import { parameterName, parameterPath } from './launch.ts';

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
 * anybody remembers) and delete its secrets. Safe to call at any time and again.
 *
 * @returns the ids of those that were not gone yet
 * @throws FanfleetError `FLEET_NOT_TERMINATED` if some are still there after `waitMs`
 */
export async function terminateFleet(options: TerminateOptions): Promise<readonly string[]> {
  const { ec2 } = options;
  const ids = await liveInstances(options);
  if (ids.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  await deleteSecrets(options);
  for (let waited = 0; ids.length > 0; waited += POLL_MS) {
    const left = await ec2.send(
      new DescribeInstancesCommand({
        InstanceIds: ids,
        Filters: [NOT_GONE],
      }),
    );
    const states = (left.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    if (states.length === 0) break;
    if (waited >= options.waitMs) {
      throw new FanfleetError(
        'FLEET_NOT_TERMINATED',
        `Expected the instances ${ids.join(', ')} to be terminated but ${states.length} are not after ${options.waitMs} ms; call again.`,
        { source: 'aws' },
      );
    }
    await options.sleep(POLL_MS);
  }
  return ids;
}

async function liveInstances({ ec2, stage, runId, round }: TerminateOptions) {
  const Filters = [
    { Name: 'tag:fanfleet:stage', Values: [stage] },
    { Name: 'tag:fanfleet:run', Values: [runId] },
    ...(round === undefined ? [] : [{ Name: 'tag:fanfleet:round', Values: [String(round)] }]),
    NOT_GONE,
  ];
  const found: string[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    const instances = (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    found.push(...instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  }
  return found;
}

/** They may outlive their instances, so they are found by their names. */
async function deleteSecrets({ ssm, stage, runId, round }: TerminateOptions): Promise<void> {
  const names: string[] = [];
  if (round !== undefined) names.push(parameterName(stage, runId, round));
  else {
    const Path = parameterPath(stage, runId);
    for await (const page of paginateGetParametersByPath({ client: ssm }, { Path })) {
      names.push(...(page.Parameters ?? []).flatMap(({ Name }) => Name ?? []));
    }
  }
  for (const Name of names) {
    try {
      await ssm.send(new DeleteParameterCommand({ Name }));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }
}
