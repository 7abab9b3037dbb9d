import { Ec2Error } from '../api/ec2-error.ts';
import { derivedId } from '../api/ids.ts';

/** The default subnet of an availability zone. */
export interface Subnet {
  id: string;
  availabilityZone: string;
  zoneId: string;
}

/** The default VPC: the network of the hosts. Its subnets are names for it, one for each zone. */
export interface Network {
  ownerId: string;
  region: string;
  vpcId: string;
  cidrBlock: string;
  subnets: readonly Subnet[];
}

const ZONES = ['a', 'b', 'c'];

export function defaultNetwork(region: string, ownerId: string, cidrBlock: string): Network {
  const subnets = ZONES.map((letter, index) => ({
    id: derivedId('subnet', `${region}${letter}`),
    availabilityZone: `${region}${letter}`,
    zoneId: `${shortRegion(region)}-az${index + 1}`,
  }));
  return { ownerId, region, vpcId: derivedId('vpc', region), cidrBlock, subnets };
}

/** @throws Ec2Error `InvalidSubnetID.NotFound` */
export function subnetById({ subnets }: Network, id: string): Subnet {
  const subnet = subnets.find((each) => each.id === id);
  if (subnet !== undefined) return subnet;
  throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
}

/** `use1` for `us-east-1`, as zone ids begin. */
function shortRegion(region: string): string {
  const [area = '', direction = '', number = ''] = region.split('-');
  const short = /^(north|south)(east|west)$/.exec(direction);
  return `${area}${short === null ? direction[0] : `${short[1]?.[0]}${short[2]?.[0]}`}${number}`;
}
