import { readFile, rm, writeFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { FanfleetError } from '../../shared.ts';
import { ipBatch, run, runInNamespace } from './commands.ts';
import { BRIDGE, VPC_CIDR } from './vpc.ts';

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';
/** Of the wire between the VPC and the machine; carrier-grade NAT's range (RFC 6598), which no local network has. */
const MACHINE_ADDRESS = '100.100.77.1';
const VPC_ADDRESS = '100.100.77.2';

/**
 * A way from the VPC to the internet, for hosts that install their packages: a wire to the machine, and address
 * translation on both sides. Nothing can come in, and the machine's own services cannot be reached through it.
 */
export class InternetGateway {
  readonly #vpc: string;
  readonly #table: string;
  readonly #device: string;
  /** Keeps what the machine's setting was before, also over a crash. */
  readonly #saved: string;

  /** @param vpc name of the VPC's namespace */
  constructor(vpc: string, stateDir: string) {
    this.#vpc = vpc;
    this.#table = vpc.replaceAll('-', '_');
    this.#device = `${vpc}-up`;
    this.#saved = join(stateDir, 'ip_forward');
  }

  async open(): Promise<void> {
    // First, since it also says that there is something to remove.
    await writeFile(this.#saved, await readFile(IP_FORWARD));
    await ipBatch(this.#vpc, [
      `link add uplink type veth peer name ${this.#device} netns ${process.pid}`,
      `addr add ${VPC_ADDRESS}/30 dev uplink`,
      'link set uplink up',
    ]);
    await run('ip', ['addr', 'add', `${MACHINE_ADDRESS}/30`, 'dev', this.#device]);
    await run('ip', ['link', 'set', this.#device, 'up']);
    await ipBatch(this.#vpc, [`route add default via ${MACHINE_ADDRESS}`]);
    await runInNamespace(this.#vpc, 'sh', ['-c', `echo 1 > ${IP_FORWARD}`]);
    await runInNamespace(
      this.#vpc,
      'nft',
      ['-f', '-'],
      `table ip fanfleet {
        chain forward {
          type filter hook forward priority filter; policy drop;
          ct state established,related accept
          # Where bridges are filtered (br_netfilter), what hosts say to each other comes by here too.
          iifname "${BRIDGE}" oifname { "${BRIDGE}", "uplink" } accept
        }
        chain postrouting {
          type nat hook postrouting priority srcnat;
          ip saddr ${VPC_CIDR} oifname "uplink" masquerade
        }
      }`,
    );
    await run(
      'nft',
      ['-f', '-'],
      `table ip ${this.#table} {
        chain input {
          type filter hook input priority filter;
          iifname "${this.#device}" drop
        }
        chain forward {
          type filter hook forward priority filter;
          oifname "${this.#device}" ct state != { established, related } drop
        }
        chain postrouting {
          type nat hook postrouting priority srcnat;
          ip saddr ${VPC_ADDRESS} masquerade
        }
      }`,
    );
    await writeFile(IP_FORWARD, '1');
  }

  /** Also what an endpoint that died has left. */
  async close(): Promise<void> {
    const before = await readFile(this.#saved, 'utf8').catch(() => undefined);
    if (before === undefined) return;
    await run('nft', ['delete', 'table', 'ip', this.#table]).catch(() => undefined);
    await run('ip', ['link', 'delete', this.#device]).catch(() => undefined);
    await writeFile(IP_FORWARD, before.trim());
    await rm(this.#saved, { force: true });
  }
}

/**
 * What hosts must have in /etc/resolv.conf to find what the machine finds.
 *
 * @throws FanfleetError `NO_RESOLVER` if the machine's own can only be reached from the machine
 */
export async function machineResolvers(): Promise<string> {
  // The second has what stands behind the local one of systemd.
  for (const path of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const addresses = [...text.matchAll(/^nameserver\s+(\S+)/gm)].flatMap(([, address = '']) =>
      isIPv4(address) && !address.startsWith('127.') ? [address] : [],
    );
    if (addresses.length > 0) return addresses.map((address) => `nameserver ${address}\n`).join('');
  }
  throw new FanfleetError(
    'NO_RESOLVER',
    'Expected a name server in /etc/resolv.conf that hosts can reach but it has none with an IPv4 address other than 127.x.',
    { source: 'user' },
  );
}
