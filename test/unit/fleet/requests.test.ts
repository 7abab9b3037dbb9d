import { describe, expect, it } from 'vitest';
import { templateData } from '../../../src/fleet/launch-template.ts';
import { fleetRequest } from '../../../src/fleet/start-instances.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const run = (fields: object = {}) => resolveRun({ prefix: 'x/', ...fields }, 'r1', 0, DEPLOYMENT);

describe('templateData', () => {
  const data = templateData(run({ instanceTypes: ['t4g.small', 'c7g.large'] }), 0, {
    role: 'worker',
    securityGroup: 'sg-1',
    instanceProfile: 'profile',
    amiParameter: '/fanfleet-images/prod/{architecture}',
    userData: 'IyE=',
  });

  it('demands version 2 of the metadata service, an encrypted gp3 volume, and the end on shutdown', () => {
    expect(data).toMatchObject({
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [{ Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } }],
      IamInstanceProfile: { Name: 'profile' },
      SecurityGroupIds: ['sg-1'],
      ImageId: 'resolve:ssm:/fanfleet-images/prod/arm64',
    });
    expect(data).not.toHaveProperty('KeyName');
    expect(data).not.toHaveProperty('InstanceMarketOptions');
  });

  it('tags instances and their volumes so that terminate-fleet finds them', () => {
    expect(data.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toEqual(['instance', 'volume']);
    for (const { Tags } of data.TagSpecifications ?? []) {
      expect(Tags).toContainEqual({ Key: 'fanfleet:run', Value: 'r1' });
      expect(Tags).toContainEqual({ Key: 'fanfleet:stage', Value: 'prod' });
      expect(Tags).toContainEqual({ Key: 'fanfleet:round', Value: '0' });
    }
  });
});

describe('fleetRequest', () => {
  const demand = {
    role: 'worker',
    count: 3,
    template: { LaunchTemplateId: 'lt-1' },
    subnetIds: ['subnet-1', 'subnet-2'],
  } as const;
  const types = run({ instanceTypes: ['c7g.large', 'm7g.large'] });

  it('asks for On-Demand instances by the order of the types, in every zone', () => {
    const request = fleetRequest(types, 0, { ...demand, market: 'on-demand' });
    expect(request).toMatchObject({
      Type: 'instant',
      TargetCapacitySpecification: { TotalTargetCapacity: 3, DefaultTargetCapacityType: 'on-demand' },
      OnDemandOptions: { AllocationStrategy: 'prioritized' },
    });
    expect(request.LaunchTemplateConfigs?.[0]?.Overrides).toEqual([
      { InstanceType: 'c7g.large', SubnetId: 'subnet-1', Priority: 0 },
      { InstanceType: 'c7g.large', SubnetId: 'subnet-2', Priority: 0 },
      { InstanceType: 'm7g.large', SubnetId: 'subnet-1', Priority: 1 },
      { InstanceType: 'm7g.large', SubnetId: 'subnet-2', Priority: 1 },
    ]);
  });

  it('leaves the choice of Spot pools to EC2', () => {
    const request = fleetRequest(types, 0, { ...demand, market: 'spot' });
    expect(request).toMatchObject({
      TargetCapacitySpecification: { DefaultTargetCapacityType: 'spot' },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
    });
    expect(request.LaunchTemplateConfigs?.[0]?.Overrides?.[0]).toEqual({
      InstanceType: 'c7g.large',
      SubnetId: 'subnet-1',
    });
  });

  it('has a client token of its own for each role, round and run', () => {
    const token = (round: number, role: 'head' | 'worker') =>
      fleetRequest(types, round, { ...demand, role, market: 'spot' }).ClientToken;
    const tokens = [token(0, 'head'), token(0, 'worker'), token(1, 'head'), token(1, 'worker')];
    expect(new Set(tokens).size).toBe(4);
    expect(token(0, 'head')).toBe(tokens[0]);
    const { ClientToken } = fleetRequest(types, 0, { ...demand, call: 1, market: 'spot' });
    expect(tokens).not.toContain(ClientToken);
    expect(tokens[0]?.length).toBeLessThanOrEqual(64);
  });
});
