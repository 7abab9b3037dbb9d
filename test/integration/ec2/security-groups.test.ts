import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const shared = useEc2Endpoint();

describe('the security groups', () => {
  it('keeps the security groups of a fleet', async () => {
    // Prepare
    const { Vpcs: [vpc] = [] } = await shared.ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    const { Subnets = [] } = await shared.ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] }] }),
    );
    const create = (GroupName: string) =>
      shared.ec2.send(
        new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: vpc?.VpcId }),
      );
    const { GroupId: head = '' } = await create('head');
    const { GroupId: worker = '' } = await create('worker');
    const ports = (GroupId: string) => [
      {
        IpProtocol: 'tcp',
        FromPort: 6379,
        ToPort: 6379,
        UserIdGroupPairs: [{ GroupId }],
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
      },
    ];
    // Act
    const authorize = new AuthorizeSecurityGroupIngressCommand({
      GroupId: head,
      IpPermissions: ports(worker),
    });
    const { SecurityGroupRules = [] } = await shared.ec2.send(authorize);
    const { SecurityGroups = [] } = await shared.ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: ['head', 'worker'] },
          { Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] },
        ],
      }),
    );
    // Assess
    expect(Subnets).toHaveLength(3);
    for (const subnet of Subnets ?? [])
      expect(subnet).toMatchObject({ DefaultForAz: true, VpcId: vpc?.VpcId });
    expect(SecurityGroupRules).toHaveLength(2);
    expect(SecurityGroups).toHaveLength(2);
    expect(SecurityGroups.find(({ GroupId }) => GroupId === head)?.IpPermissions).toMatchObject([
      {
        FromPort: 6379,
        UserIdGroupPairs: [{ GroupId: worker }],
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
      },
    ]);
    await expect(shared.ec2.send(authorize)).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    await expect(create('head')).rejects.toMatchObject({ name: 'InvalidGroup.Duplicate' });
    const remove = (GroupId: string) => shared.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    await expect(remove(worker)).rejects.toMatchObject({ name: 'DependencyViolation' });
    await shared.ec2.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: head, IpPermissions: ports(worker) }),
    );
    await remove(worker);
    await remove(head);
    await expect(remove(head)).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
  });
});
