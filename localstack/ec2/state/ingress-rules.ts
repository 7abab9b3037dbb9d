import type { IngressRule } from '../hosts/host-provider.ts';
import type { SecurityGroup } from './security-groups.ts';

/** What the rules for an instance are made from. */
interface Member {
  readonly id: string;
  readonly spec: { readonly groupIds: readonly string[] };
  readonly host: { readonly address: string };
}

/**
 * What may come in to each instance: all that any of its groups allows. A group as the source stands for the addresses
 * of the instances that have it.
 *
 * @returns by instance id
 */
export function ingressRules(
  instances: readonly Member[],
  findGroup: (id: string) => SecurityGroup | undefined,
): Map<string, IngressRule[]> {
  const addressesOf = (groupId: string) =>
    instances.filter(({ spec }) => spec.groupIds.includes(groupId)).map(({ host }) => host.address);
  return new Map(
    instances.map(({ id, spec }) => [
      id,
      spec.groupIds
        .flatMap((groupId) => findGroup(groupId)?.rules ?? [])
        .map(({ protocol, fromPort, toPort, source }) => ({
          protocol,
          fromPort,
          toPort,
          sources: 'cidr' in source ? [source.cidr] : addressesOf(source.groupId),
        })),
    ]),
  );
}
