import type { Tag } from '../api/input.ts';
import type { XmlValue } from '../api/xml.ts';
import type { Instance, StateName } from '../state/instance.ts';
import { privateDnsName } from '../state/instance-metadata.ts';
import type { Rule, SecurityGroup } from '../state/security-groups.ts';
import type { Ec2Context } from './action.ts';

const STATE_CODES: Readonly<Record<StateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateView(name: StateName): XmlValue {
  return { code: STATE_CODES[name], name };
}

export function tagSet(tags: ReadonlyMap<string, string>): XmlValue {
  return [...tags].map(([key, value]) => ({ key, value }));
}

export function tagMap(tags: readonly Tag[]): Map<string, string> {
  return new Map(tags.map(({ Key, Value }) => [Key, Value]));
}

/** Instances grouped by the launch they came from, as Describe and Run answer. */
export function reservationsView(instances: readonly Instance[], context: Ec2Context): XmlValue {
  const groups = Map.groupBy(instances, ({ spec }) => spec.reservationId);
  return [...groups].map(([reservationId, members]) => ({
    reservationId,
    ownerId: context.network.ownerId,
    groupSet: [],
    instancesSet: members.map((instance) => instanceView(instance, context)),
  }));
}

export function instanceView(instance: Instance, context: Ec2Context): XmlValue {
  const { spec, host, state, stateReason } = instance;
  const { network } = context;
  const gone = state === 'terminated';
  return {
    instanceId: spec.id,
    imageId: spec.imageId,
    instanceState: stateView(state),
    privateDnsName: gone ? '' : privateDnsName(host.address, network.region),
    dnsName: '',
    reason: stateReason === undefined ? '' : stateReason.message,
    amiLaunchIndex: spec.launchIndex,
    productCodes: [],
    instanceType: spec.type.name,
    launchTime: spec.launchTime,
    placement: { availabilityZone: spec.subnet.availabilityZone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    ...(gone ? {} : networkView(instance, context)),
    ...(stateReason === undefined ? {} : { stateReason: { ...stateReason } }),
    architecture: spec.type.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/sda1',
    blockDeviceMapping: gone
      ? []
      : spec.blockDevices.map((device) => blockDeviceView(device, spec.launchTime)),
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    instanceLifecycle: spec.market === 'spot' ? 'spot' : undefined,
    spotInstanceRequestId: spec.spotRequestId,
    clientToken: spec.clientToken ?? '',
    tagSet: tagSet(instance.tags),
    iamInstanceProfile:
      spec.profile === undefined ? undefined : { arn: spec.profile.arn, id: spec.profile.id },
    ebsOptimized: false,
    enaSupport: true,
    cpuOptions: {
      coreCount: spec.type.vCpus / spec.type.threadsPerCore,
      threadsPerCore: spec.type.threadsPerCore,
    },
    metadataOptions: { state: 'applied', ...spec.metadataOptions },
  };
}

function networkView(
  { spec, host }: Instance,
  { network, groups }: Ec2Context,
): { [name: string]: XmlValue } {
  const groupSet = spec.groupIds.map((groupId) => ({ groupId, groupName: groups.find(groupId)?.name ?? '' }));
  const privateIpAddress = host.address;
  const name = privateDnsName(host.address, network.region);
  return {
    subnetId: spec.subnet.id,
    vpcId: network.vpcId,
    privateIpAddress,
    sourceDestCheck: true,
    groupSet,
    networkInterfaceSet: [
      {
        networkInterfaceId: spec.networkInterfaceId,
        subnetId: spec.subnet.id,
        vpcId: network.vpcId,
        ownerId: network.ownerId,
        status: 'in-use',
        macAddress: host.macAddress,
        privateIpAddress,
        privateDnsName: name,
        sourceDestCheck: true,
        groupSet,
        attachment: {
          deviceIndex: 0,
          status: 'attached',
          attachTime: spec.launchTime,
          deleteOnTermination: true,
        },
        privateIpAddressesSet: [{ privateIpAddress, privateDnsName: name, primary: true }],
        interfaceType: 'interface',
      },
    ],
  };
}

function blockDeviceView(
  { deviceName, volumeId, deleteOnTermination }: Instance['spec']['blockDevices'][number],
  attachTime: Date,
): XmlValue {
  return { deviceName, ebs: { volumeId, status: 'attached', attachTime, deleteOnTermination } };
}

export function groupView(group: SecurityGroup, { network }: Ec2Context): XmlValue {
  return {
    ownerId: network.ownerId,
    groupId: group.id,
    groupName: group.name,
    groupDescription: group.description,
    vpcId: group.vpcId,
    securityGroupArn: groupArn(group, network),
    ipPermissions: permissionsView(group.rules, network.ownerId),
    ipPermissionsEgress: [{ ipProtocol: '-1', groups: [], ipRanges: [{ cidrIp: '0.0.0.0/0' }] }],
    tagSet: tagSet(group.tags),
  };
}

export function groupArn({ id }: SecurityGroup, { region, ownerId }: Ec2Context['network']): string {
  return `arn:aws:ec2:${region}:${ownerId}:security-group/${id}`;
}

/** Rules with the same ports are one permission with several sources. */
function permissionsView(rules: readonly Rule[], userId: string): XmlValue {
  const permissions = Map.groupBy(
    rules,
    ({ protocol, fromPort, toPort }) => `${protocol} ${fromPort} ${toPort}`,
  );
  return [...permissions.values()].map((members) => ({
    ipProtocol: members[0]?.protocol,
    fromPort: members[0]?.fromPort,
    toPort: members[0]?.toPort,
    groups: members.flatMap(({ source, description }) =>
      'groupId' in source ? [{ userId, groupId: source.groupId, description }] : [],
    ),
    ipRanges: members.flatMap(({ source, description }) =>
      'cidr' in source ? [{ cidrIp: source.cidr, description }] : [],
    ),
  }));
}

export function ruleView(group: SecurityGroup, rule: Rule, { network }: Ec2Context): XmlValue {
  const { ownerId } = network;
  return {
    securityGroupRuleId: rule.id,
    groupId: group.id,
    groupOwnerId: ownerId,
    isEgress: false,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort ?? -1,
    toPort: rule.toPort ?? -1,
    description: rule.description,
    ...('cidr' in rule.source
      ? { cidrIpv4: rule.source.cidr }
      : { referencedGroupInfo: { groupId: rule.source.groupId, userId: ownerId } }),
  };
}
