import { createHash } from 'node:crypto';
import { access, mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { FanfleetError } from '../../shared.ts';
import type { AwsFault } from '../host-control.ts';
import type { Host, HostProvider, HostSpec, IngressRule } from '../host-provider.ts';
import { createMetadataServer } from '../metadata.ts';
import { AwsProxy } from './aws-proxy.ts';
import {
  type CgroupMounts,
  findCgroups,
  HostCgroup,
  type HostLimits,
  listCgroups,
  MIN_CPUS,
  removeCgroupParent,
} from './cgroups.ts';
import { InternetGateway, machineResolvers } from './internet-gateway.ts';
import { NamespaceHost } from './namespace-host.ts';
import { AWS_ADDRESS, AWS_PORT, HOST_ADDRESSES, METADATA_ADDRESS, VPC_CIDR, Vpc } from './vpc.ts';

export interface NamespaceHostOptions {
  /** Folder for the hosts' files and console logs. */
  stateDir: string;
  /** The emulator: hosts reach it at http://10.77.0.2:4566. @default none */
  awsUrl?: string;
  /** The EC2 endpoint itself. */
  ec2Url: URL;
  /** The lowest layer of the hosts' file systems. @default / */
  hostRoot?: string;
  /** Folders that hosts see at the same path, read-only. @default [] */
  hostMounts?: readonly string[];
  /** Cores of each host. @default what its type has, and at most what the machine has */
  hostCpus?: number;
  /** @default what its type has, and at most what the machine has */
  hostMemoryMiB?: number;
  /** Of each host, such as `100mbit`. @default no limit */
  hostBandwidth?: string;
  /** Whether hosts reach the internet. @default false */
  hostInternet?: boolean;
  /** Whether security groups are enforced, which takes nftables. */
  nftables: boolean;
  /** The name of the host with an address. */
  privateDnsName: (address: string) => string;
  /** Added to what every user data has in its environment; `PATH` replaces the usual one. @default {} */
  environment?: Readonly<Record<string, string>>;
  /** From SIGTERM to SIGKILL. @default 2000 */
  graceMs?: number;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
}

/**
 * What tells the namespaces and cgroups of an endpoint from those of others: `ff-<id>…` and `fanfleet-<id>`. The same for
 * the same folder, so that the next endpoint knows what is left of one that died.
 */
export function endpointId(stateDir: string): string {
  return createHash('sha256').update(stateDir).digest('hex').slice(0, 6);
}

/** What a machine knows of registries behind a proxy of its own, for hosts that have another root. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const REGISTRY_SETTINGS = [CERTIFICATES, '/usr/local/share/ca-certificates', '/etc/pip.conf'];

/** Hosts as network namespaces of this machine, each with its processes, files and limits. Linux, as root. */
export class NamespaceHostProvider implements HostProvider {
  readonly kind = 'namespaces';
  readonly cidrBlock = VPC_CIDR;
  readonly enforcesGroups: boolean;
  readonly #options: NamespaceHostOptions;
  readonly #cgroups: CgroupMounts;
  readonly #cgroupParent: string;
  readonly #vpc: Vpc;
  readonly #internet: InternetGateway;
  readonly #proxy: AwsProxy | undefined;
  readonly #listeners: Server[] = [];
  /** By address. */
  readonly #hosts = new Map<string, NamespaceHost>();
  #cleaned: string[] = [];
  #enforcing: Promise<void> = Promise.resolve();

  private constructor(options: NamespaceHostOptions, cgroups: CgroupMounts) {
    const { stateDir, awsUrl, ec2Url, now = Date.now } = options;
    const id = endpointId(stateDir);
    this.#options = options;
    this.enforcesGroups = options.nftables;
    this.#cgroups = cgroups;
    this.#cgroupParent = `fanfleet-${id}`;
    this.#vpc = new Vpc(id);
    this.#internet = new InternetGateway(this.#vpc.namespace, stateDir);
    this.#proxy = awsUrl === undefined ? undefined : new AwsProxy({ aws: new URL(awsUrl), ec2: ec2Url, now });
  }

  /**
   * End what an endpoint that died has left, and make the network.
   *
   * @throws FanfleetError `INVALID_HOST_ROOT`, `INVALID_STATE_DIR`, `NFT_MISSING`, `NO_RESOLVER`, `HOST_COMMAND_FAILED`
   */
  static async open(options: NamespaceHostOptions): Promise<NamespaceHostProvider> {
    const { hostRoot = '/', hostInternet = false } = options;
    await mkdir(options.stateDir, { recursive: true });
    const stateDir = await realpath(options.stateDir);
    expectPlain('state', stateDir);
    expectPlain('root', hostRoot);
    await access(join(hostRoot, 'bin/bash')).catch((cause) => {
      const message = `Expected the root of a Debian or Ubuntu system but ${hostRoot} has no /bin/bash.`;
      throw new FanfleetError('INVALID_HOST_ROOT', message, { cause, source: 'user' });
    });
    if (hostInternet && !options.nftables) {
      const message = 'Expected `nft` for hosts that reach the internet but it is missing: install nftables.';
      throw new FanfleetError('NFT_MISSING', message, { source: 'user' });
    }
    const cgroups = await findCgroups();
    if (cgroups === undefined) {
      const message =
        'Expected cgroups that can be written but there are none: use the hosts that are processes.';
      throw new FanfleetError('NO_CGROUPS', message, { source: 'user' });
    }
    const provider = new NamespaceHostProvider({ ...options, stateDir }, cgroups);
    await provider.#removeLeftovers();
    try {
      await provider.#makeNetwork(hostInternet);
    } catch (reason) {
      await provider.#removeNetwork();
      throw reason;
    }
    return provider;
  }

  /** They were ended when this was opened. */
  async cleanUp(): Promise<string[]> {
    return this.#cleaned;
  }

  async create(spec: HostSpec): Promise<Host> {
    const { stateDir, hostRoot = '/', hostMounts = [], hostInternet = false } = this.#options;
    const { instanceId } = spec;
    const folder = join(this.#hostsFolder, instanceId);
    await mkdir(folder, { recursive: true });
    await mkdir(join(stateDir, 'console'), { recursive: true });
    const network = await this.#vpc.attach().catch(async (reason) => {
      await rm(folder, { recursive: true, force: true });
      throw reason;
    });
    const copies = hostInternet && hostRoot !== '/' ? await existing(REGISTRY_SETTINGS) : [];
    const dnsName = this.#options.privateDnsName(network.address);
    const host = new NamespaceHost({
      spec,
      network,
      cgroup: new HostCgroup(this.#cgroups, join(this.#cgroupParent, instanceId)),
      limits: this.#limits(spec),
      bandwidth: this.#options.hostBandwidth ?? null,
      metadataServer: createMetadataServer(spec.metadata, this.#options.now ?? Date.now),
      folder,
      consolePath: join(stateDir, 'console', `${instanceId}.log`),
      root: hostRoot,
      mounts: hostMounts,
      copies,
      hostname: dnsName.split('.')[0] ?? dnsName,
      etc: {
        hosts: this.#hostsFile(),
        'resolv.conf': hostInternet ? await machineResolvers() : '# nothing to ask\n',
      },
      environment: {
        // uv asks for it; other programs look there anyway.
        ...(copies.includes(CERTIFICATES) ? { SSL_CERT_FILE: CERTIFICATES } : {}),
        ...this.#options.environment,
      },
      graceMs: this.#options.graceMs ?? 2_000,
      holdCalls: (paths) => this.#proxy?.hold(network.address, paths),
      onEnded: async () => {
        this.#hosts.delete(network.address);
        this.#proxy?.forget(network.address);
      },
    });
    this.#hosts.set(network.address, host);
    // Nothing comes in before its groups are known.
    if (this.enforcesGroups) await host.enforce([]);
    return host;
  }

  enforce(rules: ReadonlyMap<string, readonly IngressRule[]>): Promise<void> {
    if (!this.enforcesGroups) return Promise.resolve();
    const work = async () => {
      const hosts = [...this.#hosts.values()];
      await Promise.all(hosts.map((host) => host.enforce(rules.get(host.instanceId) ?? [])));
    };
    // One after the other: an older set of rules must not come last.
    this.#enforcing = this.#enforcing.catch(() => undefined).then(work);
    return this.#enforcing;
  }

  setAwsFault(fault: AwsFault): void {
    this.#proxy?.setFault(fault);
  }

  async close(): Promise<void> {
    await this.#removeNetwork();
    await removeCgroupParent(this.#cgroups, this.#cgroupParent);
    await rm(join(this.#options.stateDir, 'console'), { recursive: true, force: true });
    // The folders of hosts that could not be ended stay, so that the next endpoint tries again.
    await rmdir(this.#hostsFolder).catch(() => undefined);
  }

  get #hostsFolder(): string {
    return join(this.#options.stateDir, 'namespaces');
  }

  #limits({ resources }: HostSpec): HostLimits {
    const { hostCpus, hostMemoryMiB } = this.#options;
    const machineMiB = Math.floor(totalmem() / 1024 / 1024);
    return {
      cpus: Math.max(MIN_CPUS, Math.min(hostCpus ?? resources.vCpus, cpus().length)),
      memoryMiB: Math.min(hostMemoryMiB ?? resources.memoryMiB, machineMiB),
    };
  }

  /** Stands in for the resolver of the VPC: the name of every address, whether it is taken or not. */
  #hostsFile(): string {
    const lines = HOST_ADDRESSES.map((address) => {
      const name = this.#options.privateDnsName(address);
      return `${address} ${name} ${name.split('.')[0]}`;
    });
    return `${['127.0.0.1 localhost', ...lines].join('\n')}\n`;
  }

  async #makeNetwork(internet: boolean): Promise<void> {
    await this.#vpc.create();
    if (internet) {
      await this.#internet.open();
      this.#vpc.addDefaultRoute();
    }
    const metadata = await this.#vpc.listen(METADATA_ADDRESS, 80);
    this.#listeners.push(metadata);
    metadata.on('connection', (socket) => {
      const server: HttpServer | undefined = this.#hosts.get(socket.remoteAddress ?? '')?.metadataServer;
      if (server === undefined) socket.destroy();
      else server.emit('connection', socket);
    });
    if (this.#proxy === undefined) return;
    const aws = await this.#vpc.listen(AWS_ADDRESS, AWS_PORT);
    this.#listeners.push(aws);
    this.#proxy.attach(aws);
  }

  async #removeNetwork(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#proxy?.close();
    await this.#internet.close();
    await this.#vpc.remove();
  }

  async #removeLeftovers(): Promise<void> {
    const instances = await readdir(this.#hostsFolder).catch(() => []);
    for (const name of await listCgroups(this.#cgroups, this.#cgroupParent)) {
      await new HostCgroup(this.#cgroups, join(this.#cgroupParent, name)).remove();
    }
    await this.#removeNetwork();
    await rm(this.#hostsFolder, { recursive: true, force: true });
    await rm(join(this.#options.stateDir, 'console'), { recursive: true, force: true });
    this.#cleaned = instances;
  }
}

/** mount(8) gives these characters a meaning of their own in the options of an overlay. */
function expectPlain(what: 'state' | 'root', path: string): void {
  if (/^\/[^,:\\\s"']*$/.test(path)) return;
  const message = `Expected a ${what} folder without commas, colons, quotes, backslashes or spaces but received ${path}.`;
  throw new FanfleetError(what === 'state' ? 'INVALID_STATE_DIR' : 'INVALID_HOST_ROOT', message, {
    source: 'user',
  });
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index] === true);
}
