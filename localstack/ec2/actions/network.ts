import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { booleanText, common, filters, paging } from '../api/input.ts';
import { type Network, type Subnet, subnetById } from '../state/network.ts';
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
    const chosen = SubnetId.length > 0 ? SubnetId.map((id) => subnetById(network, id)) : network.subnets;
    const found = applyFilters<Subnet>(chosen, Filter, {
      'vpc-id': () => [network.vpcId],
      'subnet-id': ({ id }) => [id],
      'availability-zone': ({ availabilityZone }) => [availabilityZone],
      availabilityZone: ({ availabilityZone }) => [availabilityZone],
      'default-for-az': () => ['true'],
      defaultForAz: () => ['true'],
      state: () => ['available'],
    });
    return { subnetSet: found.map((subnet) => subnetView(subnet, network)) };
  },
);

function subnetView(
  { id, availabilityZone, zoneId }: Subnet,
  { vpcId, cidrBlock, ownerId, region }: Network,
) {
  return {
    subnetId: id,
    subnetArn: `arn:aws:ec2:${region}:${ownerId}:subnet/${id}`,
    vpcId,
    ownerId,
    state: 'available',
    cidrBlock,
    availabilityZone,
    availabilityZoneId: zoneId,
    availableIpAddressCount: 200,
    defaultForAz: true,
    mapPublicIpOnLaunch: false,
    tagSet: [],
  };
}

export const describeAvailabilityZones: Action = action(
  z.strictObject({
    ...common,
    ZoneName: z.array(z.string()).default([]),
    AllAvailabilityZones: booleanText.optional(),
    Filter: filters,
  }),
  ({ ZoneName, Filter }, { network }) => {
    const unknown = ZoneName.find((name) => !network.subnets.some((each) => each.availabilityZone === name));
    if (unknown !== undefined) {
      throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
    }
    const chosen = network.subnets.filter(
      ({ availabilityZone }) => ZoneName.length === 0 || ZoneName.includes(availabilityZone),
    );
    const found = applyFilters<Subnet>(chosen, Filter, {
      'zone-name': ({ availabilityZone }) => [availabilityZone],
      'zone-id': ({ zoneId }) => [zoneId],
      'region-name': () => [network.region],
      state: () => ['available'],
    });
    return {
      availabilityZoneInfo: found.map(({ availabilityZone, zoneId }) => ({
        zoneName: availabilityZone,
        zoneId,
        zoneState: 'available',
        zoneType: 'availability-zone',
        optInStatus: 'opt-in-not-required',
        regionName: network.region,
      })),
    };
  },
);
