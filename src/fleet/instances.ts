import { type EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { hostSchema } from './arm-info.ts';

/** An instance of a fleet as EC2 has it. */
export interface FleetInstance {
  readonly instanceId: string;
  readonly round: number;
  readonly role: 'head' | 'worker' | null;
  /** Null once it is terminated. */
  readonly address: string | null;
  readonly instanceType: string;
  /** `pending`, `running`, `shutting-down`, `terminated`, … */
  readonly state: string;
}

/** Every instance of a run that EC2 still knows; it forgets one about an hour after its end. */
export async function fleetInstances(
  ec2: EC2Client,
  stage: string,
  runId: string,
): Promise<readonly FleetInstance[]> {
  const Filters = [
    { Name: 'tag:fanfleet:stage', Values: [stage] },
    { Name: 'tag:fanfleet:run', Values: [runId] },
  ];
  const found: FleetInstance[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    found.push(...(page.Reservations ?? []).flatMap(({ Instances }) => (Instances ?? []).map(fleetInstance)));
  }
  return found;
}

function fleetInstance({ InstanceId, InstanceType, PrivateIpAddress, State, Tags }: Instance): FleetInstance {
  const tags = new Map(Tags?.map(({ Key, Value }) => [Key, Value]));
  return {
    instanceId: InstanceId ?? '',
    round: Number(tags.get('fanfleet:round') ?? 0),
    role: hostSchema.shape.role.safeParse(tags.get('fanfleet:role')).data ?? null,
    // An instance that is gone has an empty one.
    address: PrivateIpAddress || null,
    instanceType: InstanceType ?? '',
    state: State?.Name ?? 'unknown',
  };
}
