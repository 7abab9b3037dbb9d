import type { Server } from 'node:net';
import { FanfleetError } from '../../shared.ts';
import { ipBatch, listNamespaces, run } from './commands.ts';
import { HostNetwork, macAddress } from './host-network.ts';
import { listenInNamespace } from './namespace-listener.ts';

export const VPC_CIDR = '10.77.0.0/16';
/** Where hosts find AWS. */
export const AWS_ADDRESS = '10.77.0.2';
export const AWS_PORT = 4566;
export const HOST_AWS_URL = `http://${AWS_ADDRESS}:${AWS_PORT}`;
/** The address that every cloud has its metadata service on. */
export const METADATA_ADDRESS = '169.254.169.254';
const ROUTER_ADDRESS = '10.77.0.1';
export const BRIDGE = 'vpc';
const FIRST = 10;
const LAST = 250;

/** Every address that a host may get. */
export const HOST_ADDRESSES: readonly string[] = Array.from(
  { length: LAST - FIRST + 1 },
  (_, index) => `10.77.1.${FIRST + index}`,
);

/**
 * The network of the hosts: a network namespace with a bridge that each host's namespace is plugged into. Nothing leads
 * out of it, unless an InternetGateway is added.
 */
export class Vpc {
  readonly namespace: string;
  readonly #taken = new Set<number>();
  #next = 0;
  /** Whether hosts get a default route, which is of use only with an InternetGateway. */
  #routed = false;

  /** @param id short, and other than that of every other endpoint of the machine */
  constructor(id: string) {
    this.namespace = `ff-${id}`;
  }

  async create(): Promise<void> {
    await run('ip', ['netns', 'add', this.namespace]);
    await ipBatch(this.namespace, [
      'link set lo up',
      // Without one of its own it has the lowest of its ports: that changes when a host goes, and nobody is told.
      `link add ${BRIDGE} address ${macAddress(ROUTER_ADDRESS)} type bridge`,
      `link set ${BRIDGE} addrgenmode none`,
      ...[`${ROUTER_ADDRESS}/16`, `${AWS_ADDRESS}/16`, `${METADATA_ADDRESS}/32`].map(
        (address) => `addr add ${address} dev ${BRIDGE}`,
      ),
      `link set ${BRIDGE} up`,
    ]);
  }

  /** Let the hosts that are attached from now on send through the VPC's router. */
  addDefaultRoute(): void {
    this.#routed = true;
  }

  listen(address: string, port: number): Promise<Server> {
    return listenInNamespace(this.namespace, address, port);
  }

  /**
   * A namespace for a host, plugged in, with an address that is free and was not used lately.
   *
   * @throws FanfleetError `NO_ADDRESS` if all are taken
   */
  async attach(): Promise<HostNetwork> {
    const index = this.#take();
    const network = new HostNetwork(this.namespace, FIRST + index, HOST_ADDRESSES[index] ?? '', () =>
      this.#taken.delete(index),
    );
    try {
      await network.create(BRIDGE, METADATA_ADDRESS, this.#routed ? ROUTER_ADDRESS : undefined);
    } catch (reason) {
      await network.remove().catch(() => undefined);
      throw reason;
    }
    return network;
  }

  /** Remove it with all that is plugged into it, also what an endpoint that died has left. */
  async remove(): Promise<void> {
    const names = await listNamespaces(this.namespace);
    for (const name of names) await run('ip', ['netns', 'delete', name]);
  }

  #take(): number {
    for (let attempt = 0; attempt < HOST_ADDRESSES.length; attempt += 1) {
      const index = this.#next;
      this.#next = (this.#next + 1) % HOST_ADDRESSES.length;
      if (this.#taken.has(index)) continue;
      this.#taken.add(index);
      return index;
    }
    const message = `Expected a free address of the network but all ${HOST_ADDRESSES.length} are taken: end some hosts.`;
    throw new FanfleetError('NO_ADDRESS', message, { source: 'user' });
  }
}
