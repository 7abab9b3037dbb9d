import type { MetadataSource, MetadataTree } from '../hosts/metadata.ts';
import type { AccessKeys } from './access-keys.ts';
import type { Instance } from './instance.ts';
import type { Network } from './network.ts';

export interface MetadataContext {
  network: Network;
  keys: AccessKeys;
  now: () => number;
}

/**
 * What the metadata service of an instance answers.
 *
 * @param find the instance; undefined as long as its launch is not complete, when every call is refused
 */
export function metadataSource(find: () => Instance | undefined, context: MetadataContext): MetadataSource {
  return {
    enabled: () => find()?.spec.metadataOptions.httpEndpoint === 'enabled',
    tokenRequired: () => find()?.spec.metadataOptions.httpTokens !== 'optional',
    tree: () => {
      const instance = find();
      return instance === undefined ? {} : metadataTree(instance, context);
    },
  };
}

/** The tree below `/latest/`; the folders that EC2 leaves out where there is nothing to say are left out. */
function metadataTree(instance: Instance, context: MetadataContext): MetadataTree {
  const { spec, host } = instance;
  const { network } = context;
  const document = JSON.stringify(identityDocument(instance, context.network), undefined, 2);
  return {
    'meta-data': {
      'ami-id': spec.imageId,
      'ami-launch-index': String(spec.launchIndex),
      hostname: privateDnsName(host.address, network.region),
      ...(spec.profile === undefined ? {} : { iam: iamTree(spec.id, spec.profile, context) }),
      'instance-action': 'none',
      'instance-id': spec.id,
      'instance-life-cycle': spec.market,
      'instance-type': spec.type.name,
      'local-hostname': privateDnsName(host.address, network.region),
      'local-ipv4': host.address,
      mac: host.macAddress,
      placement: {
        'availability-zone': spec.subnet.availabilityZone,
        'availability-zone-id': spec.subnet.zoneId,
        region: network.region,
      },
      'reservation-id': spec.reservationId,
      ...(instance.interruptedAt === undefined ? {} : { spot: spotTree(instance.interruptedAt) }),
      services: { domain: 'amazonaws.com', partition: 'aws' },
      ...(spec.metadataOptions.instanceMetadataTags === 'enabled'
        ? { tags: { instance: Object.fromEntries(instance.tags) } }
        : {}),
    },
    ...(spec.userData === undefined ? {} : { 'user-data': spec.userData }),
    dynamic: { 'instance-identity': { document } },
  };
}

function iamTree(
  instanceId: string,
  profile: NonNullable<Instance['spec']['profile']>,
  { keys, now }: MetadataContext,
): MetadataTree {
  const updated = new Date(now()).toISOString();
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = keys.ofInstance(instanceId);
  return {
    info: JSON.stringify({
      Code: 'Success',
      LastUpdated: updated,
      InstanceProfileArn: profile.arn,
      InstanceProfileId: profile.id,
    }),
    'security-credentials': {
      [profile.name]: JSON.stringify({
        Code: 'Success',
        LastUpdated: updated,
        Type: 'AWS-HMAC',
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: expiration.toISOString(),
      }),
    },
  };
}

/** What a Spot instance is told before it is taken back. Source: EC2 User Guide, "Spot Instance interruption notices". */
function spotTree(interruptedAt: number): MetadataTree {
  const time = new Date(interruptedAt).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  return {
    'instance-action': JSON.stringify({ action: 'terminate', time }),
    'termination-time': time,
  };
}

function identityDocument({ spec, host }: Instance, network: Network) {
  return {
    accountId: network.ownerId,
    architecture: spec.type.architecture,
    availabilityZone: spec.subnet.availabilityZone,
    imageId: spec.imageId,
    instanceId: spec.id,
    instanceType: spec.type.name,
    pendingTime: spec.launchTime.toISOString(),
    privateIp: host.address,
    region: network.region,
    version: '2017-09-30',
  };
}

/** `ip-127-0-0-11.ec2.internal`; other regions have their name in it. It is a name only: nothing resolves it. */
export function privateDnsName(address: string, region: string): string {
  const zone = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${address.replaceAll('.', '-')}.${zone}`;
}
