import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { DASHBOARD_PORTS } from '../contract/engines.ts';
import { FanfleetError } from '../errors.ts';
import { awsErrorIs } from './aws-error.ts';

export interface FleetGroups {
  readonly head: string;
  readonly worker: string;
}

/** Ray's workers listen on ports from 1024 up; 6379 (the head's) and 8265 (its dashboard) are among them. */
const PORTS = { IpProtocol: 'tcp', FromPort: 1024, ToPort: 65_535 } as const;

/**
 * The security groups of the fleets of a stage, made on first use: members talk to each other, workers reach the head,
 * and nobody else reaches anything. The one rule with an address is that of the dashboards, where it is asked for; where
 * it is not any more, it is taken away.
 *
 * @param dashboardCidr the one address that may open the head's dashboards, as a /32
 */
export async function ensureSecurityGroups(
  ec2: EC2Client,
  stage: string,
  vpcId: string,
  dashboardCidr: string | undefined,
): Promise<FleetGroups> {
  const [head, worker] = await Promise.all([
    ensureGroup(ec2, vpcId, stage, 'head'),
    ensureGroup(ec2, vpcId, stage, 'worker'),
  ]);
  await Promise.all([
    allow(ec2, head, [worker]),
    allow(ec2, worker, [head, worker]),
    closeToOthers(ec2, worker, undefined),
    closeToOthers(ec2, head, dashboardCidr),
    dashboardCidr !== undefined && openDashboards(ec2, head, dashboardCidr),
  ]);
  return { head, worker };
}

/** Take away every rule with an address, but those for one. */
async function closeToOthers(ec2: EC2Client, group: string, kept: string | undefined): Promise<void> {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] }));
  const IpPermissions = (SecurityGroups[0]?.IpPermissions ?? []).flatMap(
    ({ IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [] }) => {
      const others = IpRanges.filter(({ CidrIp }) => CidrIp !== kept).map(({ CidrIp }) => ({ CidrIp }));
      return others.length + Ipv6Ranges.length === 0
        ? []
        : [
            {
              IpProtocol,
              FromPort,
              ToPort,
              ...(others.length === 0 ? {} : { IpRanges: others }),
              ...(Ipv6Ranges.length === 0 ? {} : { Ipv6Ranges }),
            },
          ];
    },
  );
  if (IpPermissions.length === 0) return;
  await ignore('InvalidPermission.NotFound', () =>
    ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: group, IpPermissions })),
  );
}

async function openDashboards(ec2: EC2Client, group: string, CidrIp: string): Promise<void> {
  for (const port of DASHBOARD_PORTS) {
    await ignore('InvalidPermission.Duplicate', () =>
      ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] }],
        }),
      ),
    );
  }
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
    if (awsErrorIs(error, code)) return undefined;
    throw error;
  }
}
