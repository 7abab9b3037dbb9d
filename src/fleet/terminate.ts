import {
  DescribeInstancesCommand,
  type EC2Client,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeleteParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { FanfleetError } from '../errors.ts';
import { parameterName } from './launch.ts';

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

/**
 * End every instance of a run (they are found by their tags, so that it does not matter who started them or whether
 * anybody remembers) and delete its secrets. Safe to call at any time and again.
 *
 * @returns the ids that were ended now
 * @throws FanfleetError `FLEET_NOT_TERMINATED` if some are still there after `waitMs`
 */
export async function terminateFleet(options: TerminateOptions): Promise<readonly string[]> {
  const { ec2 } = options;
  const instances = await liveInstances(options);
  const ids = instances.map(({ id }) => id);
  if (ids.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  const rounds = new Set(instances.map(({ round }) => round));
  if (options.round !== undefined) rounds.add(options.round);
  for (const round of rounds) await deleteSecrets(options, round);
  for (let waited = 0; ids.length > 0; waited += POLL_MS) {
    const left = await ec2.send(
      new DescribeInstancesCommand({
        InstanceIds: ids,
        Filters: [
          {
            Name: 'instance-state-name',
            Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
          },
        ],
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
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const found: { id: string; round: number }[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const instance of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      if (instance.InstanceId === undefined) continue;
      const tag = instance.Tags?.find(({ Key }) => Key === 'fanfleet:round')?.Value;
      found.push({ id: instance.InstanceId, round: Number(tag ?? 0) });
    }
  }
  return found;
}

async function deleteSecrets({ ssm, stage, runId }: TerminateOptions, round: number): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: parameterName(stage, runId, round) }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}
