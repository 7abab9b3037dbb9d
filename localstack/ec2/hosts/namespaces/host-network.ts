import type { IngressRule } from '../host-provider.ts';
import { ipBatch, run, runInNamespace } from './commands.ts';
import { firewallProgram } from './host-firewall.ts';

const INTERFACE = 'eth0';
const PREFIX_LENGTH = 16;
/** At least a large packet; at high rates what may leave at once between two ticks of the timer. */
const BURST = '128kb';

/** The network namespace of one host, and its wire to the VPC. */
export class HostNetwork {
  readonly namespace: string;
  readonly address: string;
  readonly macAddress: string;
  readonly #vpc: string;
  /** The end of the wire that is in the VPC. */
  readonly #port: string;
  readonly #onRemoved: () => void;
  #firewall = '';

  constructor(vpc: string, index: number, address: string, onRemoved: () => void) {
    this.#vpc = vpc;
    this.namespace = `${vpc}-${index}`;
    this.address = address;
    this.macAddress = macAddress(address);
    this.#port = `host${index}`;
    this.#onRemoved = onRemoved;
  }

  /** @param router where the default route leads, if there is one */
  async create(bridge: string, metadataAddress: string, router: string | undefined): Promise<void> {
    const { namespace, macAddress: mac } = this;
    await run('ip', ['netns', 'add', namespace]);
    await ipBatch(this.#vpc, [
      `link add ${this.#port} type veth peer name ${INTERFACE} address ${mac} netns ${namespace}`,
      `link set ${this.#port} addrgenmode none`,
      `link set ${this.#port} master ${bridge} up`,
    ]);
    await ipBatch(namespace, [
      'link set lo up',
      `link set ${INTERFACE} addrgenmode none`,
      `addr add ${this.address}/${PREFIX_LENGTH} dev ${INTERFACE}`,
      `link set ${INTERFACE} up`,
      `route add ${metadataAddress} dev ${INTERFACE}`,
      ...(router === undefined ? [] : [`route add default via ${router}`]),
    ]);
  }

  /** Pull the plug, or put it in: what the host sends is lost, and nobody is told. */
  async setLink(state: 'up' | 'down'): Promise<void> {
    await ipBatch(this.#vpc, [`link set ${this.#port} ${state}`]);
  }

  /** Limit what it sends and what it receives, each. @param rate as tc(8) takes it, such as `10mbit`; null for no limit */
  async setBandwidth(rate: string | null): Promise<void> {
    for (const [namespace, device] of [
      [this.#vpc, this.#port],
      [this.namespace, INTERFACE],
    ] as const) {
      const queue =
        rate === null
          ? ['del', 'dev', device, 'root']
          : ['replace', 'dev', device, 'root', 'tbf', 'rate', rate, 'burst', BURST, 'latency', '100ms'];
      const done = run('tc', ['-n', namespace, 'qdisc', ...queue]);
      // There may be no limit to remove.
      await (rate === null ? done.catch(() => undefined) : done);
    }
  }

  /** Let in what these rules allow, and nothing else. Does nothing where that is so already. */
  async enforce(rules: readonly IngressRule[]): Promise<void> {
    const program = firewallProgram(rules);
    if (program === this.#firewall) return;
    await runInNamespace(this.namespace, 'nft', ['-f', '-'], program);
    this.#firewall = program;
  }

  async remove(): Promise<void> {
    // The wire goes with either of its ends; the namespace itself goes with its last process.
    await ipBatch(this.#vpc, [`link delete ${this.#port}`]).catch(() => undefined);
    await run('ip', ['netns', 'delete', this.namespace]);
    this.#onRemoved();
  }
}

/** Locally administered, from the address: unique in the network. */
export function macAddress(address: string): string {
  const bytes = [2, 0, ...address.split('.').map(Number)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
