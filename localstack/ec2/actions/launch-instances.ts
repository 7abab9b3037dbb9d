import { Ec2Error } from '../api/ec2-error.ts';
import { newId } from '../api/ids.ts';
import type { CapacityPool } from '../state/capacity.ts';
import { Instance, type InstanceSpec } from '../state/instance.ts';
import { metadataSource } from '../state/instance-metadata.ts';
import type { Subnet } from '../state/network.ts';
import type { Ec2Context } from './action.ts';
import type { LaunchSpec } from './launch-spec.ts';

/** How many instances a launch is for. */
export interface LaunchCount {
  least: number;
  most: number;
  clientToken?: string | undefined;
}

/**
 * Launch instances in the first of the subnets that has room for the least number.
 *
 * @throws Ec2Error `InstanceLimitExceeded`, `InsufficientInstanceCapacity`
 */
export async function launchInstances(
  spec: LaunchSpec,
  { least, most, clientToken }: LaunchCount,
  context: Ec2Context,
): Promise<Instance[]> {
  const room = context.maxInstances - context.instances.live().length;
  if (room < least) {
    const detail = `You have requested more instances than your current limit of ${context.maxInstances} allows.`;
    throw new Ec2Error('InstanceLimitExceeded', detail);
  }
  const place = spec.subnets
    .map((subnet) => ({ subnet, free: freeCapacity(poolOf(spec, subnet), context) }))
    .find(({ free }) => free >= least);
  if (place === undefined) throw noCapacity(spec);
  const created: Instance[] = [];
  let failure: unknown;
  for (let index = 0; index < Math.min(most, room, place.free) && failure === undefined; index += 1) {
    await create({ ...spec, subnet: place.subnet, clientToken }, index, context).then(
      (instance) => created.push(instance),
      (reason) => {
        failure = reason;
      },
    );
  }
  if (created.length < least) {
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

/** How many instances more a pool has room for. */
export function freeCapacity(pool: CapacityPool, { instances, capacityOf }: Ec2Context): number {
  const used = instances
    .live()
    .filter(
      ({ spec }) =>
        spec.type.name === pool.instanceType &&
        spec.subnet.availabilityZone === pool.availabilityZone &&
        spec.market === pool.market,
    ).length;
  return Math.max(0, capacityOf(pool) - used);
}

export function poolOf({ type, market }: LaunchSpec, { availabilityZone }: Subnet): CapacityPool {
  return { instanceType: type.name, availabilityZone, market };
}

export function noCapacity({ type, market, subnets }: LaunchSpec): Ec2Error {
  const zones = subnets.map(({ availabilityZone }) => availabilityZone).join(', ');
  return new Ec2Error(
    'InsufficientInstanceCapacity',
    market === 'spot'
      ? 'There is no Spot capacity available that matches your request.'
      : `We currently do not have sufficient ${type.name} capacity in the Availability Zone you requested (${zones}). Our system will be working on provisioning additional capacity.`,
    500,
  );
}

async function create(
  launch: LaunchSpec & Pick<InstanceSpec, 'subnet' | 'clientToken'>,
  launchIndex: number,
  context: Ec2Context,
): Promise<Instance> {
  const { devices, tags, subnets: _, ...rest } = launch;
  const spec: InstanceSpec = {
    ...rest,
    id: newId('i'),
    sequence: context.instances.nextSequence(),
    launchIndex,
    spotRequestId: rest.market === 'spot' ? `sir-${newId('x').slice(2, 10)}` : undefined,
    networkInterfaceId: newId('eni'),
    blockDevices: devices.map((device) => ({ ...device, volumeId: newId('vol') })),
  };
  const host = await context.hosts.create({
    instanceId: spec.id,
    resources: spec.type,
    userData: spec.userData,
    metadata: metadataSource(() => context.instances.find(spec.id), context),
    onShutdown: () => context.instances.find(spec.id)?.shutDown(),
  });
  return new Instance(spec, host, new Map(tags), context);
}
