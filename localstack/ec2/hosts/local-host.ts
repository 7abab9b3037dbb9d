import type { ChildProcess } from 'node:child_process';
import { appendFile, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Placement } from './address-pool.ts';
import { consoleTail } from './console-log.ts';
import type { HostProcesses } from './host-processes.ts';
import type { EndMode, Host, HostSpec } from './host-provider.ts';
import type { ProcessInfo } from './process-table.ts';
import { SHUTDOWN_NAMES, shutdownScript } from './shutdown-command.ts';
import { ShutdownRequests } from './shutdown-requests.ts';
import { spawnScript } from './spawn-script.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface LocalHostParts {
  spec: HostSpec;
  placement: Placement;
  metadataServer: Server;
  /** Its folder; the path must be short, since Ray puts sockets below it. */
  root: string;
  consolePath: string;
  environment: Readonly<Record<string, string>>;
  processes: HostProcesses;
  graceMs: number;
  /** Called whenever something changed that the record on disk should know. */
  save: () => Promise<void>;
  /** Called once, when nothing of the host is left. */
  onEnded: () => Promise<void>;
}

/** A host that is a group of processes of this machine, with its own home, temporary folder and environment. */
export class LocalHost implements Host {
  readonly address: string;
  readonly macAddress: string;
  readonly #parts: LocalHostParts;
  readonly #shutdown: ShutdownRequests;
  #booted = false;
  #saving: Promise<void> = Promise.resolve();
  #mode: EndMode = 'graceful';
  #ended: Promise<void> | undefined;

  constructor(parts: LocalHostParts) {
    this.#parts = parts;
    this.#shutdown = new ShutdownRequests(join(parts.root, 'control'), parts.spec.onShutdown);
    this.address = parts.placement.address;
    this.macAddress = macAddress(parts.placement);
  }

  /** Learn of its new processes from a list of all. */
  follow(table: readonly ProcessInfo[]): void {
    if (this.#booted && this.#ended === undefined && this.#parts.processes.follow(table)) void this.#save();
  }

  /** Whether its first process is known, so that a list taken from now on has it. */
  get booted(): boolean {
    return this.#booted;
  }

  async start(): Promise<void> {
    const { root, spec } = this.#parts;
    await mkdir(root, { mode: 0o700 });
    await Promise.all(['home', 'tmp', 'bin', 'control'].map((name) => mkdir(join(root, name))));
    await this.#installShutdown();
    if (spec.userData !== undefined) await this.#runUserData(spec.userData);
    this.#booted = true;
  }

  console(): Promise<Buffer> {
    return consoleTail(this.#parts.consolePath);
  }

  end(mode: EndMode): Promise<void> {
    if (mode === 'immediate') this.#mode = mode;
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async forget(): Promise<void> {
    await rm(this.#parts.consolePath, { force: true });
  }

  async #end(): Promise<void> {
    const { processes, graceMs, metadataServer, root, onEnded } = this.#parts;
    this.#shutdown.close();
    await this.#saving;
    try {
      await processes.end(() => this.#mode, graceMs);
    } finally {
      metadataServer.close();
      metadataServer.closeAllConnections();
    }
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    await onEnded();
  }

  /** One write after the other; what cannot be written now is written with the next change. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(this.#parts.save).catch(() => undefined);
    return this.#saving;
  }

  async #installShutdown(): Promise<void> {
    const control = join(this.#parts.root, 'control');
    const bin = join(this.#parts.root, 'bin');
    const [first, ...others] = SHUTDOWN_NAMES;
    await writeFile(join(bin, first), shutdownScript(control), { mode: 0o755 });
    await Promise.all(others.map((name) => symlink(first, join(bin, name))));
    this.#shutdown.watch();
  }

  async #runUserData(userData: Buffer): Promise<void> {
    const { root, consolePath, processes } = this.#parts;
    const script = join(root, 'user-data');
    await writeFile(script, userData, { mode: 0o700 });
    const log = await open(consolePath, 'a', 0o600);
    try {
      const startedAt = performance.now();
      const child = await spawnScript(script, {
        cwd: join(root, 'home'),
        env: this.#environment(),
        // Its own session: it outlives this process, and a Ctrl-C in the terminal does not reach it.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      child.unref();
      this.#reportExit(child, startedAt);
      if (child.pid !== undefined) await processes.add(child.pid);
    } finally {
      await log.close();
    }
    await this.#save();
  }

  /** On the console, where cloud-init would say it too. */
  #reportExit(child: ChildProcess, startedAt: number): void {
    const report = (outcome: string) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const line = `[host] user data ${outcome} after ${seconds} s\n`;
      void appendFile(this.#parts.consolePath, line).catch(() => undefined);
    };
    child.once('error', (error) => report(`could not be run (${error.message})`));
    child.once('exit', (code, signal) =>
      report(signal === null ? `exited with ${code}` : `was ended by ${signal}`),
    );
  }

  #environment(): Record<string, string> {
    const { root, placement, environment } = this.#parts;
    const { PATH = SYSTEM_PATH, ...others } = environment;
    return {
      LANG: 'C.UTF-8',
      ...others,
      PATH: `${join(root, 'bin')}:${PATH}`,
      HOME: join(root, 'home'),
      TMPDIR: join(root, 'tmp'),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${placement.address}:${placement.metadataPort}`,
      FANFLEET_HOST_ROOT: root,
    };
  }
}

/** Locally administered, from the address and the port: unique as long as these are. */
function macAddress({ address, metadataPort }: Placement): string {
  const [, , third, fourth] = address.split('.').map(Number);
  const bytes = [2, third ?? 0, fourth ?? 0, metadataPort >> 8, metadataPort & 255, 1];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
