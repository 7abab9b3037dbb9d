import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeTagsCommand,
  type Instance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const shared = useEc2Endpoint();
const { launch, describeAll, allIn, terminate } = shared;

describe('the calls', () => {
  let fleet: Instance[] = [];
  beforeAll(async () => {
    const tags = (Role: string) => [
      {
        ResourceType: 'instance' as const,
        Tags: [
          { Key: 'fanfleet:run', Value: 'r-1' },
          { Key: 'Role', Value: Role },
        ],
      },
    ];
    fleet = [
      ...(await launch(undefined, { TagSpecifications: tags('head') })),
      ...(await launch(undefined, { MinCount: 6, MaxCount: 6, TagSpecifications: tags('worker') })),
    ];
    await allIn('running', fleet);
  });
  afterAll(() => terminate(fleet));

  it('answers RunInstances with everything that was asked for', async () => {
    // Act
    const { GroupId = '' } = await shared.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'run', Description: 'run' }),
    );
    const instances = await launch(undefined, {
      ImageId:
        'resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
      SecurityGroupIds: [GroupId],
      IamInstanceProfile: { Name: 'fanfleet-worker' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeSize: 20, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true },
        },
      ],
      InstanceInitiatedShutdownBehavior: 'terminate',
      ClientToken: 'token-0',
    });
    // Assess
    const [instance] = await describeAll(instances);
    expect(instance).toMatchObject({
      InstanceType: 'c7g.large',
      Architecture: 'arm64',
      ClientToken: 'token-0',
      SecurityGroups: [{ GroupId, GroupName: 'run' }],
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/fanfleet-worker' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      CpuOptions: { CoreCount: 2, ThreadsPerCore: 1 },
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { DeleteOnTermination: true } }],
      NetworkInterfaces: [{ Groups: [{ GroupId }], Attachment: { DeviceIndex: 0 } }],
    });
    expect(instance?.ImageId).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(instance?.LaunchTime).toBeInstanceOf(Date);
    await expect(shared.ec2.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({
      name: 'DependencyViolation',
    });
    await terminate(instances);
    await shared.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it('launches once for a ClientToken, also when asked twice at the same time', async () => {
    const first = { ClientToken: 'token-1', UserData: Buffer.from('#!/bin/sh\n').toString('base64') };
    const [a, b] = await Promise.all([launch(undefined, first), launch(undefined, first)]);
    const c = await launch(undefined, first);
    expect(ids(b)).toEqual(ids(a));
    expect(ids(c)).toEqual(ids(a));
    await expect(launch(undefined, { ...first, InstanceType: 't3.small' })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
    await terminate(a);
    const afterwards = await launch(undefined, first);
    expect(afterwards.map(({ InstanceId, State }) => [InstanceId, State?.Name])).toEqual([
      [ids(a)[0], 'terminated'],
    ]);
  });

  it('describes by filters', async () => {
    const found = async (...filters: [string, ...string[]][]) => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const { Reservations = [] } = await shared.ec2.send(new DescribeInstancesCommand({ Filters }));
      return Reservations.flatMap(({ Instances = [] }) => Instances).length;
    };
    expect(await found(['tag:fanfleet:run', 'r-1'])).toBe(7);
    expect(await found(['tag:fanfleet:run', 'r-1'], ['tag:Role', 'head'])).toBe(1);
    expect(await found(['tag-key', 'Ro*'], ['instance-state-name', 'running', 'pending'])).toBe(7);
    expect(await found(['instance-id', ids(fleet)[0] ?? '', ids(fleet)[1] ?? ''])).toBe(2);
    expect(await found(['instance-type', 'c7g.*'], ['tag:Role', 'worker'])).toBe(6);
    expect(await found(['tag:fanfleet:run', 'other'])).toBe(0);
    await expect(found(['no-such-filter', 'x'])).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('describes in pages', async () => {
    const pages = paginateDescribeInstances(
      { client: shared.ec2, pageSize: 5 },
      { Filters: [{ Name: 'tag:fanfleet:run', Values: ['r-1'] }] },
    );
    const seen: string[][] = [];
    for await (const { Reservations = [] } of pages)
      seen.push(Reservations.flatMap((each) => ids(each.Instances ?? [])));
    expect(seen.map((page) => page.length)).toEqual([5, 2]);
    expect(seen.flat()).toEqual(ids(fleet));
  });

  it('tags instances and security groups', async () => {
    // Prepare
    const { GroupId = '' } = await shared.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: 'tagged',
        Description: 'tagged',
        TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'a', Value: '1' }] }],
      }),
    );
    const resource = ids(fleet)[0] ?? '';
    // Act
    await shared.ec2.send(
      new CreateTagsCommand({ Resources: [resource, GroupId], Tags: [{ Key: 'b', Value: 'é <&> "' }] }),
    );
    const { Tags = [] } = await shared.ec2.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'resource-id', Values: [resource, GroupId] },
          { Name: 'key', Values: ['?'] },
        ],
      }),
    );
    // Assess
    expect(Tags.map(({ Key, Value, ResourceType }) => [ResourceType, Key, Value])).toEqual([
      ['instance', 'b', 'é <&> "'],
      ['security-group', 'a', '1'],
      ['security-group', 'b', 'é <&> "'],
    ]);
    const reserved = new CreateTagsCommand({ Resources: [GroupId], Tags: [{ Key: 'aws:x', Value: '' }] });
    await expect(shared.ec2.send(reserved)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await shared.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it('knows instance types', async () => {
    const { InstanceTypes = [] } = await shared.ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['t3.small', 'c7g.large'] }),
    );
    expect(
      InstanceTypes.map((each) => [
        each.InstanceType,
        each.VCpuInfo?.DefaultVCpus,
        each.MemoryInfo?.SizeInMiB,
        each.ProcessorInfo?.SupportedArchitectures,
      ]),
    ).toEqual([
      ['c7g.large', 2, 4096, ['arm64']],
      ['t3.small', 2, 2048, ['x86_64']],
    ]);
    await expect(
      shared.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['z9.large' as 't3.small'] })),
    ).rejects.toMatchObject({
      name: 'InvalidInstanceType',
    });
  });
});
