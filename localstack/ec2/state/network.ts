import { derivedId } from '../api/ids.ts';

/** The default VPC with its one subnet: the network of the hosts. */
export interface Network {
  ownerId: string;
  region: string;
  availabilityZone: string;
  vpcId: string;
  subnetId: string;
  cidrBlock: string;
}

export function defaultNetwork(region: string, ownerId: string, cidrBlock: string): Network {
  return {
    ownerId,
    region,
    availabilityZone: `${region}a`,
    vpcId: derivedId('vpc', region),
    subnetId: derivedId('subnet', region),
    cidrBlock,
  };
}
