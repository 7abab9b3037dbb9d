import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { common, filters, paging } from '../api/input.ts';
import type { Network } from '../state/network.ts';
import { type Action, action } from './action.ts';

export const describeVpcs: Action = action(
  z.strictObject({ ...common, ...paging(5, 1_000), VpcId: z.array(z.string()).default([]), Filter: filters }),
  ({ VpcId, Filter }, { network }) => {
    const missing = VpcId.find((id) => id !== network.vpcId);
    if (missing !== undefined) {
      throw new Ec2Error('InvalidVpcID.NotFound', `The vpc ID '${missing}' does not exist`);
    }
    const found = applyFilters([network], Filter, {
      'is-default': () => ['true'],
      isDefault: () => ['true'],
      'vpc-id': ({ vpcId }) => [vpcId],
      cidr: ({ cidrBlock }) => [cidrBlock],
      state: () => ['available'],
    });
    return { vpcSet: found.map(vpcView) };
  },
);

function vpcView({ vpcId, cidrBlock, ownerId }: Network) {
  return {
    vpcId,
    ownerId,
    state: 'available',
    cidrBlock,
    instanceTenancy: 'default',
    isDefault: true,
    tagSet: [],
  };
}

export const describeSubnets: Action = action(
  z.strictObject({
    ...common,
    ...paging(5, 1_000),
    SubnetId: z.array(z.string()).default([]),
    Filter: filters,
  }),
  ({ SubnetId, Filter }, { network }) => {
    const missing = SubnetId.find((id) => id !== network.subnetId);
    if (missing !== undefined) {
      throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${missing}' does not exist`);
    }
    const found = applyFilters([network], Filter, {
      'vpc-id': ({ vpcId }) => [vpcId],
      'subnet-id': ({ subnetId }) => [subnetId],
      'availability-zone': ({ availabilityZone }) => [availabilityZone],
      availabilityZone: ({ availabilityZone }) => [availabilityZone],
      'default-for-az': () => ['true'],
      defaultForAz: () => ['true'],
      state: () => ['available'],
    });
    return { subnetSet: found.map(subnetView) };
  },
);

function subnetView({ vpcId, subnetId, cidrBlock, ownerId, availabilityZone, region }: Network) {
  return {
    subnetId,
    subnetArn: `arn:aws:ec2:${region}:${ownerId}:subnet/${subnetId}`,
    vpcId,
    ownerId,
    state: 'available',
    cidrBlock,
    availabilityZone,
    availableIpAddressCount: 200,
    defaultForAz: true,
    mapPublicIpOnLaunch: false,
    tagSet: [],
  };
}
