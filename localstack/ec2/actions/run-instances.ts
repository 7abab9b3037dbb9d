import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { newId, resolveImageId } from '../api/ids.ts';
import { booleanText, common, integerText, tagSpecifications } from '../api/input.ts';
import { INSTANCE_TYPES } from '../api/instance-types.ts';
import { type BlockDevice, Instance, type InstanceSpec } from '../state/instance.ts';
import { metadataSource } from '../state/instance-metadata.ts';
import { type Action, action, type Ec2Context } from './action.ts';
import { instanceView, tagMap } from './views.ts';

const USER_DATA_BYTES = 16_384;

const ebs = z.strictObject({
  VolumeSize: integerText(1, 65_536).optional(),
  VolumeType: z.enum(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']).optional(),
  Iops: integerText(100, 256_000).optional(),
  Throughput: integerText(125, 2_000).optional(),
  Encrypted: booleanText.optional(),
  KmsKeyId: z.string().optional(),
  SnapshotId: z.string().optional(),
  DeleteOnTermination: booleanText.default(true),
});

const networkInterface = z.strictObject({
  DeviceIndex: integerText(0, 0),
  SubnetId: z.string().optional(),
  SecurityGroupId: z.array(z.string()).default([]),
  AssociatePublicIpAddress: booleanText.optional(),
  DeleteOnTermination: booleanText.optional(),
  Description: z.string().optional(),
});

const input = z.strictObject({
  ...common,
  ImageId: z.string(),
  InstanceType: z.string().default('m6i.large'),
  MinCount: integerText(1, 1_000),
  MaxCount: integerText(1, 1_000),
  ClientToken: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
  UserData: z.string().optional(),
  SubnetId: z.string().optional(),
  SecurityGroupId: z.array(z.string()).default([]),
  SecurityGroup: z.array(z.string()).default([]),
  NetworkInterface: z.array(networkInterface).max(1).default([]),
  IamInstanceProfile: z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() }).optional(),
  MetadataOptions: z
    .strictObject({
      HttpTokens: z.enum(['required', 'optional']).default('required'),
      HttpEndpoint: z.enum(['enabled', 'disabled']).default('enabled'),
      HttpPutResponseHopLimit: integerText(1, 64).default(1),
      InstanceMetadataTags: z.enum(['enabled', 'disabled']).default('disabled'),
    })
    .prefault({}),
  BlockDeviceMapping: z
    .array(
      z.strictObject({ DeviceName: z.string().min(1), Ebs: ebs.optional(), NoDevice: z.string().optional() }),
    )
    .max(40)
    .default([]),
  InstanceInitiatedShutdownBehavior: z.enum(['stop', 'terminate']).default('stop'),
  TagSpecification: tagSpecifications,
  // What has no effect on a local host, but is no mistake either.
  EbsOptimized: booleanText.optional(),
  Monitoring: z.strictObject({ Enabled: booleanText }).optional(),
  CreditSpecification: z.strictObject({ CpuCredits: z.enum(['standard', 'unlimited']) }).optional(),
  Placement: z
    .strictObject({ AvailabilityZone: z.string().optional(), Tenancy: z.literal('default').optional() })
    .optional(),
});
type Input = z.output<typeof input>;

/** What a launch is, once all of it has been checked. */
type Template = Omit<
  InstanceSpec,
  'id' | 'sequence' | 'launchIndex' | 'networkInterfaceId' | 'blockDevices'
> & {
  devices: readonly Omit<BlockDevice, 'volumeId'>[];
  tags: ReadonlyMap<string, string>;
};

export const runInstances: Action = action(input, async (request, context) => {
  const { ClientToken, ...others } = request;
  const fingerprint = createHash('sha256').update(JSON.stringify(others)).digest('hex');
  // Checked inside: a launch that is only repeated must not fail because a group is gone by now.
  const instances = await context.instances.launchOnce(ClientToken, fingerprint, async () =>
    launch(check(request, context), request, context),
  );
  return {
    reservationId: instances[0]?.spec.reservationId,
    ownerId: context.network.ownerId,
    groupSet: [],
    instancesSet: instances.map((instance) => instanceView(instance, context)),
  };
});

function check(request: Input, context: Ec2Context): Template {
  const type = INSTANCE_TYPES.get(request.InstanceType);
  if (type === undefined) {
    const detail = `Invalid value '${request.InstanceType}' for InstanceType.`;
    throw new Ec2Error('InvalidParameterValue', detail);
  }
  if (request.MinCount > request.MaxCount) {
    throw new Ec2Error('InvalidParameterValue', 'MinCount must not be greater than MaxCount.');
  }
  checkNetwork(request, context);
  const tags = request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'instance');
  return {
    reservationId: newId('r'),
    launchTime: new Date(context.now()),
    imageId: resolveImageId(request.ImageId),
    type,
    clientToken: request.ClientToken,
    groupIds: groupIds(request, context),
    profile: profile(request, context),
    metadataOptions: {
      httpTokens: request.MetadataOptions.HttpTokens,
      httpEndpoint: request.MetadataOptions.HttpEndpoint,
      httpPutResponseHopLimit: request.MetadataOptions.HttpPutResponseHopLimit,
      instanceMetadataTags: request.MetadataOptions.InstanceMetadataTags,
    },
    devices: request.BlockDeviceMapping.filter(({ NoDevice }) => NoDevice === undefined).map((device) => ({
      deviceName: device.DeviceName,
      deleteOnTermination: device.Ebs?.DeleteOnTermination ?? true,
    })),
    shutdownBehavior: request.InstanceInitiatedShutdownBehavior,
    userData: decodeUserData(request.UserData),
    tags: tagMap(tags.flatMap(({ Tag }) => Tag)),
  };
}

function checkNetwork(request: Input, { network }: Ec2Context): void {
  const [device] = request.NetworkInterface;
  const atTop =
    request.SecurityGroupId.length + request.SecurityGroup.length > 0 || request.SubnetId !== undefined;
  if (device !== undefined && atTop) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    );
  }
  const subnetId = request.SubnetId ?? device?.SubnetId;
  if (subnetId !== undefined && subnetId !== network.subnetId) {
    throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  }
  const zone = request.Placement?.AvailabilityZone;
  if (zone !== undefined && zone !== network.availabilityZone) {
    throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
  }
}

function groupIds(request: Input, { groups }: Ec2Context): string[] {
  const byId = request.NetworkInterface[0]?.SecurityGroupId ?? request.SecurityGroupId;
  const ids = [
    ...byId.map((id) => groups.get(id).id),
    ...request.SecurityGroup.map((name) => groups.byName(name).id),
  ];
  return ids.length > 0 ? [...new Set(ids)] : [groups.byName('default').id];
}

function profile({ IamInstanceProfile: given }: Input, { network }: Ec2Context): InstanceSpec['profile'] {
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
  if (bytes.length > USER_DATA_BYTES) {
    throw new Ec2Error('InvalidParameterValue', `User data is limited to ${USER_DATA_BYTES} bytes`);
  }
  if (bytes.subarray(0, 2).toString('latin1') !== '#!') {
    const detail = 'User data must be a script that begins with #! : this endpoint runs no other kind.';
    throw new Ec2Error('InvalidUserData.Malformed', detail);
  }
  return bytes;
}

async function launch(
  template: Template,
  { MinCount, MaxCount }: Input,
  context: Ec2Context,
): Promise<Instance[]> {
  const room = context.maxInstances - context.instances.live().length;
  if (room < MinCount) {
    const detail = `You have requested more instances than your current limit of ${context.maxInstances} allows.`;
    throw new Ec2Error('InstanceLimitExceeded', detail);
  }
  const created: Instance[] = [];
  let failure: unknown;
  for (let index = 0; index < Math.min(MaxCount, room) && failure === undefined; index += 1) {
    await create(template, index, context).then(
      (instance) => created.push(instance),
      (reason) => {
        failure = reason;
      },
    );
  }
  if (created.length < MinCount) {
    await Promise.all(created.map(({ host }) => host.end('immediate')));
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new Ec2Error('InsufficientInstanceCapacity', `No host could be made: ${why}`, 500);
  }
  for (const instance of created) {
    context.instances.add(instance);
    instance.boot();
  }
  return created;
}

async function create(template: Template, launchIndex: number, context: Ec2Context): Promise<Instance> {
  const { devices, tags, ...rest } = template;
  const spec: InstanceSpec = {
    ...rest,
    id: newId('i'),
    sequence: context.instances.nextSequence(),
    launchIndex,
    networkInterfaceId: newId('eni'),
    blockDevices: devices.map((device) => ({ ...device, volumeId: newId('vol') })),
  };
  const host = await context.hosts.create({
    instanceId: spec.id,
    userData: spec.userData,
    metadata: metadataSource(() => context.instances.find(spec.id), context),
    onShutdown: () => context.instances.find(spec.id)?.shutDown(),
  });
  return new Instance(spec, host, new Map(tags), context);
}
