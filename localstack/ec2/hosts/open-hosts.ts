import { FanfleetError } from '../shared.ts';
import type { HostProvider } from './host-provider.ts';
import { type LocalHostOptions, LocalHostProvider } from './local-host-provider.ts';
import { type NamespaceHostOptions, NamespaceHostProvider } from './namespaces/namespace-host-provider.ts';
import { namespaceSupport } from './namespaces/namespace-support.ts';

/** What hosts are; `auto` takes namespaces where the machine can have them. */
export const HOST_KINDS = ['namespaces', 'processes', 'auto'] as const;
export type HostKind = (typeof HOST_KINDS)[number];

export interface ChosenHosts {
  readonly kind: 'namespaces' | 'processes';
  /** One line for people: what hosts are, and what that lacks. */
  readonly description: string;
  readonly nftables: boolean;
}

/**
 * Decide what hosts are on this machine.
 *
 * @throws FanfleetError `NO_NAMESPACES` if they are asked for and cannot be had
 */
export async function chooseHosts(kind: HostKind): Promise<ChosenHosts> {
  if (kind === 'processes') return processes('asked for');
  const support = await namespaceSupport();
  if (support.supported) {
    const groups = support.nftables
      ? 'security groups enforced'
      : 'security groups not enforced, since nft is missing (package nftables)';
    return {
      kind: 'namespaces',
      description: `network namespaces with their own address, files and limits; ${groups}`,
      nftables: support.nftables,
    };
  }
  if (kind === 'auto') return processes(support.reason);
  throw new FanfleetError(
    'NO_NAMESPACES',
    `Expected hosts in namespaces but ${support.reason}: choose processes or auto.`,
    { source: 'user' },
  );
}

function processes(why: string): ChosenHosts {
  const description = `groups of processes, without limits or security groups (${why})`;
  return { kind: 'processes', description, nftables: false };
}

export type HostOptions = LocalHostOptions & Omit<NamespaceHostOptions, 'nftables'>;

export async function openHosts(chosen: ChosenHosts, options: HostOptions): Promise<HostProvider> {
  if (chosen.kind === 'processes') return LocalHostProvider.open(options);
  return NamespaceHostProvider.open({ ...options, nftables: chosen.nftables });
}
