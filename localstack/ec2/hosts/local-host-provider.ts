import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FanfleetError } from '../shared.ts';
import { type Addressing, AddressPool, detectAddressing } from './address-pool.ts';
import { HostProcesses } from './host-processes.ts';
import type { Host, HostProvider, HostSpec } from './host-provider.ts';
import { HostRecords } from './host-record.ts';
import { LocalHost } from './local-host.ts';
import { createMetadataServer } from './metadata.ts';
import { type ProcessTable, systemProcessTable } from './process-table.ts';

export interface LocalHostOptions {
  /** Folder for the records of living hosts and their console logs. */
  stateDir: string;
  /** @default `/tmp`. Short: the sockets of Ray below it may have 107 characters in all. */
  temporaryFolder?: string;
  /** @default what the machine offers */
  addressing?: Addressing;
  /** Port of the metadata services; the first of them where hosts are told apart by ports. @default 1338 */
  metadataPort?: number;
  /** Added to what every host has in its environment; `PATH` replaces the usual one. @default {} */
  environment?: Readonly<Record<string, string>>;
  /** From SIGTERM to SIGKILL. @default 2000 */
  graceMs?: number;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  /** @default the machine's own */
  processTable?: ProcessTable;
}

const MAX_TEMPORARY_FOLDER = 24;
const FOLLOW_MS = 1_000;

/** Hosts as process groups of this machine. */
export class LocalHostProvider implements HostProvider {
  readonly kind = 'processes';
  readonly cidrBlock = '127.0.0.0/24';
  readonly #options: Required<Omit<LocalHostOptions, 'addressing'>>;
  readonly #addresses: AddressPool;
  readonly #records: HostRecords;
  readonly #hosts = new Set<LocalHost>();
  readonly #timer: NodeJS.Timeout;

  private constructor(options: Required<LocalHostOptions>) {
    this.#options = options;
    this.#addresses = new AddressPool(options.addressing, options.metadataPort);
    this.#records = new HostRecords(join(options.stateDir, 'hosts'));
    this.#timer = setInterval(() => void this.#follow(), FOLLOW_MS).unref();
  }

  /** @throws FanfleetError `PATH_TOO_LONG` if the temporary folder leaves no room for sockets */
  static async open(options: LocalHostOptions): Promise<LocalHostProvider> {
    const { temporaryFolder = '/tmp' } = options;
    if (temporaryFolder.length > MAX_TEMPORARY_FOLDER) {
      throw new FanfleetError(
        'PATH_TOO_LONG',
        `Expected a temporary folder of at most ${MAX_TEMPORARY_FOLDER} characters but received ${temporaryFolder}.`,
        { source: 'user' },
      );
    }
    await mkdir(options.stateDir, { recursive: true });
    return new LocalHostProvider({
      metadataPort: 1338,
      environment: {},
      graceMs: 2_000,
      now: Date.now,
      processTable: systemProcessTable(),
      ...options,
      temporaryFolder,
      stateDir: await realpath(options.stateDir),
      addressing: options.addressing ?? (await detectAddressing()),
    });
  }

  async cleanUp(): Promise<string[]> {
    const records = await this.#records.readAll();
    await Promise.all(
      records.map(async ({ instanceId, root, known }) => {
        this.#checkRoot(root);
        const consolePath = this.#consolePath(instanceId);
        await new HostProcesses(this.#options.processTable, { root, consolePath }, known).end(
          () => 'immediate',
          0,
        );
        await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
        await rm(consolePath, { force: true });
        await this.#records.remove(instanceId);
      }),
    );
    return records.map(({ instanceId }) => instanceId);
  }

  async create(spec: HostSpec): Promise<Host> {
    const { instanceId } = spec;
    const { temporaryFolder, environment, graceMs, now, processTable, stateDir } = this.#options;
    const root = join(temporaryFolder, `ff-${randomBytes(4).toString('hex')}`);
    const consolePath = this.#consolePath(instanceId);
    const processes = new HostProcesses(processTable, { root, consolePath });
    const save = () => this.#records.write({ instanceId, root, known: processes.known });
    await mkdir(join(stateDir, 'console'), { recursive: true });
    // Before anything of the host is there: so that a crash right after leaves nothing unknown.
    await save();
    const metadataServer = createMetadataServer(spec.metadata, now);
    const placement = await this.#addresses.place(metadataServer).catch(async (reason) => {
      await this.#records.remove(instanceId);
      throw reason;
    });
    const host: LocalHost = new LocalHost({
      spec,
      placement,
      metadataServer,
      root,
      consolePath,
      environment,
      processes,
      graceMs,
      save,
      onEnded: async () => {
        this.#hosts.delete(host);
        await this.#records.remove(instanceId);
      },
    });
    this.#hosts.add(host);
    return host;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { stateDir } = this.#options;
    await rm(join(stateDir, 'console'), { recursive: true, force: true });
    // The records of hosts that could not be ended stay, so that the next endpoint tries again.
    await rmdir(join(stateDir, 'hosts')).catch(() => undefined);
  }

  /** Learn of new processes while their parents can still be seen. */
  async #follow(): Promise<void> {
    const hosts = [...this.#hosts].filter((host) => host.booted);
    if (hosts.length === 0) return;
    const table = await this.#options.processTable.list().catch(() => undefined);
    if (table !== undefined) for (const host of hosts) host.follow(table);
  }

  #consolePath(instanceId: string): string {
    return join(this.#options.stateDir, 'console', `${instanceId}.log`);
  }

  /** A record on disk must not make us remove any other folder. */
  #checkRoot(root: string): void {
    if (/^\/([^/]+\/)*ff-[0-9a-f]{8}$/.test(root) && !root.includes('/../')) return;
    throw new FanfleetError(
      'HOST_RECORD_UNREADABLE',
      `Expected a host's folder but a record names ${root}.`,
      {
        source: 'user',
      },
    );
  }
}
