import { createHash } from 'node:crypto';
import { Ec2Error } from '../api/ec2-error.ts';
import { newId } from '../api/ids.ts';
import { INSTANCE_TYPES, type InstanceType } from '../api/instance-types.ts';
import type { LaunchData } from '../api/launch-data.ts';
import { EC2_LIMITS } from '../shared.ts';
import type { Image } from '../state/images.ts';
import type { BlockDevice, InstanceSpec } from '../state/instance.ts';
import { type Subnet, subnetById } from '../state/network.ts';
import type { Ec2Context } from './action.ts';
import { tagMap } from './views.ts';

/** What a launch is, once all of it has been checked. */
export type LaunchSpec = Omit<
  InstanceSpec,
  | 'id'
  | 'sequence'
  | 'launchIndex'
  | 'networkInterfaceId'
  | 'blockDevices'
  | 'subnet'
  | 'spotRequestId'
  | 'clientToken'
> & {
  /** Where it may be, in order of preference. */
  subnets: readonly Subnet[];
  devices: readonly Omit<BlockDevice, 'volumeId'>[];
  tags: ReadonlyMap<string, string>;
};

/**
 * Check what an instance is to be launched as.
 *
 * @param subnetId where the call itself says it, beside its data
 * @throws Ec2Error for whatever EC2 would refuse
 */
export async function checkLaunch(
  data: LaunchData,
  subnetId: string | undefined,
  context: Ec2Context,
): Promise<LaunchSpec> {
  const type = instanceType(data.InstanceType);
  const image = await context.images.resolve(required(data.ImageId, 'ImageId'));
  checkImage(image, type, context.now());
  const tags = data.TagSpecification.filter(({ ResourceType }) => ResourceType === 'instance');
  return {
    reservationId: newId('r'),
    launchTime: new Date(context.now()),
    imageId: image.id,
    type,
    market: data.InstanceMarketOptions?.MarketType ?? 'on-demand',
    subnets: subnets(data, subnetId, context),
    groupIds: groupIds(data, context),
    profile: profile(data, context),
    metadataOptions: {
      httpTokens: data.MetadataOptions.HttpTokens,
      httpEndpoint: data.MetadataOptions.HttpEndpoint,
      httpPutResponseHopLimit: data.MetadataOptions.HttpPutResponseHopLimit,
      instanceMetadataTags: data.MetadataOptions.InstanceMetadataTags,
    },
    devices: data.BlockDeviceMapping.filter(({ NoDevice }) => NoDevice === undefined).map((device) => ({
      deviceName: device.DeviceName,
      deleteOnTermination: device.Ebs?.DeleteOnTermination ?? true,
    })),
    shutdownBehavior: data.InstanceInitiatedShutdownBehavior,
    userData: decodeUserData(data.UserData),
    tags: tagMap(tags.flatMap(({ Tag }) => Tag)),
  };
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);
}

function instanceType(name: string | undefined): InstanceType {
  const type = INSTANCE_TYPES.get(required(name, 'InstanceType'));
  if (type !== undefined) return type;
  throw new Ec2Error('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
}

function checkImage({ id, architecture, availableAt }: Image, type: InstanceType, now: number): void {
  if (availableAt > now) {
    throw new Ec2Error('InvalidAMIID.Unavailable', `The image ID '${id}' is not available`);
  }
  if (architecture === type.architecture) return;
  throw new Ec2Error(
    'InvalidParameterValue',
    `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

function subnets(data: LaunchData, subnetId: string | undefined, { network }: Ec2Context): readonly Subnet[] {
  const [device] = data.NetworkInterface;
  const atTop = data.SecurityGroupId.length + data.SecurityGroup.length > 0 || subnetId !== undefined;
  if (device !== undefined && atTop) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    );
  }
  const wanted = subnetId ?? device?.SubnetId;
  const zone = data.Placement?.AvailabilityZone;
  const among = wanted === undefined ? network.subnets : [subnetById(network, wanted)];
  const found = among.filter(({ availabilityZone }) => zone === undefined || availabilityZone === zone);
  if (found.length > 0) return found;
  throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
}

function groupIds(data: LaunchData, { groups }: Ec2Context): string[] {
  const byId = data.NetworkInterface[0]?.SecurityGroupId ?? data.SecurityGroupId;
  const ids = [
    ...byId.map((id) => groups.get(id).id),
    ...data.SecurityGroup.map((name) => groups.byName(name).id),
  ];
  return ids.length > 0 ? [...new Set(ids)] : [groups.byName('default').id];
}

function profile(
  { IamInstanceProfile: given }: LaunchData,
  { network }: Ec2Context,
): InstanceSpec['profile'] {
  if (given === undefined) return undefined;
  if ((given.Name === undefined) === (given.Arn === undefined)) {
    const detail = 'Exactly one of IamInstanceProfile.Name and IamInstanceProfile.Arn must be specified';
    throw new Ec2Error('InvalidParameterCombination', detail);
  }
  const arn = given.Arn ?? `arn:aws:iam::${network.ownerId}:instance-profile/${given.Name}`;
  const name = /^arn:aws[a-z-]*:iam::[0-9]{12}:instance-profile\/(?:.*\/)?([\w+=,.@-]{1,128})$/.exec(
    arn,
  )?.[1];
  if (name === undefined) {
    throw new Ec2Error(
      'InvalidParameterValue',
      `Value (${arn}) for parameter iamInstanceProfile is invalid.`,
    );
  }
  const id = `AIPA${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
  return { name, arn, id };
}

/** EC2 takes any bytes; here they are run as they are, so they must be a script. */
function decodeUserData(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > EC2_LIMITS.userDataBytes) {
    throw new Ec2Error('InvalidParameterValue', `User data is limited to ${EC2_LIMITS.userDataBytes} bytes`);
  }
  if (bytes.subarray(0, 2).toString('latin1') !== '#!') {
    const detail = 'User data must be a script that begins with #! : this endpoint runs no other kind.';
    throw new Ec2Error('InvalidUserData.Malformed', detail);
  }
  return bytes;
}
