import { type EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import type { InstanceLife } from './instance-life.ts';
import { fleetFilters } from './tags.ts';

/**
 * The lives of the instances of a round, the head first. EC2 forgets an instance an hour after its end.
 *
 * @param now epoch milliseconds: the end of those of which EC2 does not tell when they ended
 */
export async function instanceLives(
  ec2: EC2Client,
  { stage, runId, round, now }: { stage: string; runId: string; round: number; now: number },
): Promise<readonly InstanceLife[]> {
  const lives: InstanceLife[] = [];
  const Filters = fleetFilters(stage, runId, round);
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    lives.push(...instances.map((instance) => lifeOf(instance, now)));
  }
  return lives.sort((a, b) => a.role.localeCompare(b.role) || a.launchedAt - b.launchedAt);
}

/** @param now epoch milliseconds: its end where EC2 does not tell */
export function lifeOf(instance: Instance, now: number): InstanceLife {
  const isHead =
    instance.Tags?.some(({ Key, Value }) => Key === 'fanfleet:role' && Value === 'head') ?? false;
  const launchedAt = instance.LaunchTime?.getTime() ?? now;
  return {
    instanceId: instance.InstanceId ?? '',
    role: isHead ? 'head' : 'worker',
    type: instance.InstanceType ?? '',
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    launchedAt,
    endedAt: Math.max(launchedAt, endOf(instance.StateTransitionReason) ?? now),
  };
}

/** EC2 says it so: `User initiated (2026-11-21 18:27:46 GMT)`. */
function endOf(reason: string | undefined): number | undefined {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(reason ?? '') ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time}Z`);
}
