import { DescribeSubnetsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { FanfleetError } from '../errors.ts';

/** Where a fleet is: one VPC, and a subnet of it in each zone that instances may be in. */
export interface FleetNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

/**
 * The network of the fleets.
 *
 * @param subnets the ids of subnets of one VPC, or `default`: those of the default VPC
 * @throws FanfleetError `NO_DEFAULT_VPC`, or `SUBNETS_APART` if the subnets are in several VPCs
 */
export async function fleetNetwork(
  ec2: EC2Client,
  subnets: 'default' | readonly string[],
): Promise<FleetNetwork> {
  const which =
    subnets === 'default'
      ? { Filters: [{ Name: 'default-for-az', Values: ['true'] }] }
      : { SubnetIds: [...subnets] };
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand(which));
  const [vpcId, ...others] = new Set(Subnets.flatMap(({ VpcId }) => VpcId ?? []));
  if (vpcId === undefined) {
    throw new FanfleetError(
      'NO_DEFAULT_VPC',
      'Expected a default VPC with subnets in this region for the fleet but there is none; deploy with `subnets` empty, and the stack makes a network of its own.',
      { source: 'user' },
    );
  }
  if (others.length > 0) {
    throw new FanfleetError(
      'SUBNETS_APART',
      `Expected the subnets of the fleet to be in one VPC but got ${[vpcId, ...others].join(', ')}.`,
      { source: 'user' },
    );
  }
  // In order, so that the same launch is the same call: its client token depends on it.
  return { vpcId, subnetIds: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []).sort() };
}
