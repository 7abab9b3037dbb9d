import {
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  RebootInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { imageFor, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const shared = useEc2Endpoint({ maxInstances: 12 });
const { launch, terminate } = shared;

describe('refusals', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each<[string, Partial<RunInstancesCommandInput>]>([
    ['InvalidAMIID.Malformed', { ImageId: 'ubuntu' }],
    ['InvalidParameterValue', { InstanceType: 'c9.huge' as 't3.small' }],
    ['InvalidAMIID.NotFound', { ImageId: 'ami-0123456789abcdef0' }],
    ['InvalidParameterValue', { ImageId: 'resolve:ssm:/no/such/parameter' }],
    ['InvalidParameterValue', { ImageId: imageFor('t3.small'), InstanceType: 'c7g.large' }],
    ['InvalidParameterValue', { Placement: { AvailabilityZone: 'us-east-1z' } }],
    ['InvalidParameterValue', { MinCount: 2, MaxCount: 1 }],
    ['InvalidParameterValue', { MinCount: 0 }],
    ['InvalidParameterValue', { UserData: base64(`#!/bin/sh\n${'#'.repeat(16_384)}`) }],
    ['InvalidUserData.Malformed', { UserData: base64('#cloud-config\n') }],
    ['InvalidUserData.Malformed', { UserData: '#!/bin/sh' }],
    ['InvalidGroup.NotFound', { SecurityGroupIds: ['sg-0123456789abcdef0'] }],
    ['InvalidSubnetID.NotFound', { SubnetId: 'subnet-1' }],
    ['InvalidParameterCombination', { SubnetId: 'subnet-1', NetworkInterfaces: [{ DeviceIndex: 0 }] }],
    [
      'InvalidParameterCombination',
      { IamInstanceProfile: { Name: 'a', Arn: 'arn:aws:iam::000000000000:instance-profile/a' } },
    ],
    ['InstanceLimitExceeded', { MinCount: 13, MaxCount: 13 }],
    ['UnknownParameter', { KeyName: 'a-key' }],
    ['DryRunOperation', { DryRun: true }],
  ])('RunInstances with %s', async (name, input) => {
    await expect(launch(undefined, input)).rejects.toMatchObject({ name });
  });

  it('takes user data of just 16 KiB', async () => {
    const head = '#!/bin/sh\n';
    const UserData = base64(head + '#'.repeat(16_384 - head.length));
    await terminate(await launch(undefined, { UserData }));
  });

  it.each([
    ['InvalidInstanceID.Malformed', ['i-xyz'], 'Invalid id: "i-xyz"'],
    [
      'InvalidInstanceID.NotFound',
      ['i-0123456789abcdef0'],
      "The instance ID 'i-0123456789abcdef0' does not exist",
    ],
  ])('%s', async (name, InstanceIds, message) => {
    const expected = { name, message, $metadata: { httpStatusCode: 400, requestId: expect.any(String) } };
    await expect(shared.ec2.send(new TerminateInstancesCommand({ InstanceIds }))).rejects.toMatchObject(
      expected,
    );
    await expect(shared.ec2.send(new DescribeInstancesCommand({ InstanceIds }))).rejects.toMatchObject(
      expected,
    );
    await expect(
      shared.ec2.send(new GetConsoleOutputCommand({ InstanceId: InstanceIds[0] })),
    ).rejects.toMatchObject(expected);
  });

  it('an action that is not here, a missing parameter, a bad token', async () => {
    await expect(
      shared.ec2.send(new RebootInstancesCommand({ InstanceIds: ['i-12345678'] })),
    ).rejects.toMatchObject({
      name: 'InvalidAction',
    });
    await expect(shared.ec2.send(new TerminateInstancesCommand({ InstanceIds: [] }))).rejects.toMatchObject({
      name: 'MissingParameter',
      message: 'The request must contain the parameter InstanceId',
    });
    await expect(shared.ec2.send(new DescribeInstancesCommand({ NextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('a call that is not signed, and one that is too long', async () => {
    const post = (body: string) => fetch(shared.url, { method: 'POST', body });
    const unsigned = await post('Action=DescribeInstances');
    expect(unsigned.status).toBe(401);
    expect(await unsigned.text()).toMatch(/<Response><Errors><Error><Code>AuthFailure<.*<RequestID>/);
    const long = await post('x'.repeat(2_000_000)).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(long);
    expect((await post('Action=DescribeInstances')).status).toBe(401);
  });
});
