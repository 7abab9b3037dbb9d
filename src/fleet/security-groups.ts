import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { FanfleetError } from '../errors.ts';

export interface FleetGroups {
  readonly head: string;
  readonly worker: string;
}

/** Ray's workers listen on ports from 1024 up; 6379 (the head's) and 8265 (its dashboard) are among them. */
const PORTS = { IpProtocol: 'tcp', FromPort: 1024, ToPort: 65_535 } as const;

/**
 * The security groups of the fleets of a stage, made on first use: members talk to each other, workers reach the
 * head, and nobody else reaches anything. There is no rule with an address range.
 */
export async function ensureSecurityGroups(ec2: EC2Client, stage: string): Promise<FleetGroups> {
  const vpc = await defaultVpc(ec2);
  const head = await ensureGroup(ec2, vpc, stage, 'head');
  const worker = await ensureGroup(ec2, vpc, stage, 'worker');
  await allow(ec2, head, [worker]);
  await allow(ec2, worker, [head, worker]);
  return { head, worker };
}

async function defaultVpc(ec2: EC2Client): Promise<string> {
  const { Vpcs } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const vpc = Vpcs?.[0]?.VpcId;
  if (vpc === undefined) {
    throw new FanfleetError(
      'NO_DEFAULT_VPC',
      'Expected a default VPC in this region for the fleet but there is none; create one with `aws ec2 create-default-vpc`.',
      { source: 'user' },
    );
  }
  return vpc;
}

async function ensureGroup(
  ec2: EC2Client,
  vpc: string,
  stage: string,
  role: 'head' | 'worker',
): Promise<string> {
  const name = `fanfleet-${stage}-${role}`;
  const find = async () => {
    const found = await ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: [name] },
          { Name: 'vpc-id', Values: [vpc] },
        ],
      }),
    );
    return found.SecurityGroups?.[0]?.GroupId;
  };
  const existing = await find();
  if (existing !== undefined) return existing;
  const created = await ignore('InvalidGroup.Duplicate', () =>
    ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: `${role} of the fanfleet fleets of stage ${stage}`,
        VpcId: vpc,
        TagSpecifications: [
          { ResourceType: 'security-group', Tags: [{ Key: 'fanfleet:stage', Value: stage }] },
        ],
      }),
    ),
  );
  const id = created?.GroupId ?? (await find());
  if (id === undefined) {
    throw new FanfleetError('SECURITY_GROUP', `Expected to find or make ${name} but could not.`, {
      source: 'aws',
    });
  }
  return id;
}

async function allow(ec2: EC2Client, group: string, sources: readonly string[]): Promise<void> {
  for (const source of sources) {
    await ignore('InvalidPermission.Duplicate', () =>
      ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group,
          IpPermissions: [{ ...PORTS, UserIdGroupPairs: [{ GroupId: source }] }],
        }),
      ),
    );
  }
}

/** Another launch may have been first; that is as good. */
async function ignore<T>(code: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.name === code) return undefined;
    throw error;
  }
}
