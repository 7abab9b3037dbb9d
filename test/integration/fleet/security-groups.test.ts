import { DescribeSecurityGroupsCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { ensureSecurityGroups } from '../../../src/fleet/security-groups.ts';
import { tagsOf, useFleets } from '../../support/launched-fleet.ts';

const fleets = useFleets();
const { fleet, launch, terminate, instances } = fleets;

describe('the security groups', () => {
  it('let workers reach the head and each other, and nobody else reach anything', async () => {
    // Prepare: two launches at once, as two runs of one stage may come
    const both = [fleet({ workers: 1 }), fleet({ workers: 1 })];
    await Promise.all(both.map((options) => launch(options)));

    // Act
    const { SecurityGroups = [] } = await fleets.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['fanfleet-test-*'] }] }),
    );

    // Assess
    const idOf = (role: string) =>
      SecurityGroups.find(({ GroupName }) => GroupName === `fanfleet-test-${role}`)?.GroupId;
    expect(SecurityGroups.map(({ GroupName }) => GroupName).toSorted()).toEqual([
      'fanfleet-test-head',
      'fanfleet-test-worker',
    ]);
    const sources = (role: string) => {
      const group = SecurityGroups.find(({ GroupId }) => GroupId === idOf(role));
      const rules = group?.IpPermissions ?? [];
      expect(
        rules.flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }) =>
          [IpRanges, Ipv6Ranges, PrefixListIds].flat(),
        ),
      ).toEqual([]);
      for (const { IpProtocol, FromPort, ToPort } of rules) {
        expect({ IpProtocol, FromPort, ToPort }).toEqual({
          IpProtocol: 'tcp',
          FromPort: 1024,
          ToPort: 65_535,
        });
      }
      return rules
        .flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId }) => GroupId))
        .toSorted();
    };
    expect(sources('head')).toEqual([idOf('worker')]);
    expect(sources('worker')).toEqual([idOf('head'), idOf('worker')].toSorted());
    for (const options of both) {
      for (const instance of await instances(options)) {
        const role = tagsOf(instance)['fanfleet:role'] ?? '';
        expect(instance.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([idOf(role)]);
      }
      await terminate(options);
    }
  });

  it('open the dashboards to one address where it is asked for, and close them again', async () => {
    // Prepare
    const { ec2 } = fleets;
    const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand());
    const open = async (dashboardCidr: string | undefined) => {
      const { head } = await ensureSecurityGroups(ec2, 'dashboards', vpc?.VpcId ?? '', dashboardCidr);
      const { SecurityGroups: [group] = [] } = await ec2.send(
        new DescribeSecurityGroupsCommand({ GroupIds: [head] }),
      );
      return (group?.IpPermissions ?? [])
        .flatMap(({ FromPort, ToPort, IpRanges = [] }) =>
          IpRanges.map(({ CidrIp }) => [CidrIp, FromPort, ToPort]),
        )
        .toSorted();
    };
    const opened = (address: string) => [4040, 8080, 8265, 8787].map((port) => [address, port, port]);

    // Act and assess
    expect(await open('192.0.2.7/32')).toEqual(opened('192.0.2.7/32'));
    expect(await open('192.0.2.7/32')).toEqual(opened('192.0.2.7/32'));
    expect(await open('198.51.100.1/32')).toEqual(opened('198.51.100.1/32'));
    expect(await open(undefined)).toEqual([]);
  });
});
