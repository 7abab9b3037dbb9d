import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FanfleetError } from '../../shared.ts';
import { consoleTail } from '../console-log.ts';
import type { HostChange, HostOutcome } from '../host-control.ts';
import type { EndMode, Host, HostSpec, IngressRule } from '../host-provider.ts';
import { shutdownScript } from '../shutdown-command.ts';
import { ShutdownRequests } from '../shutdown-requests.ts';
import { type HostCgroup, type HostLimits, signalIfThere } from './cgroups.ts';
import { namespacePath } from './commands.ts';
import type { HostNetwork } from './host-network.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BOOT = new URL('boot.sh', import.meta.url).pathname;
const POLL_MS = 40;
/** Where the host finds its folder `control`. */
const CONTROL = '/run/fanfleet';

export interface NamespaceHostParts {
  spec: HostSpec;
  network: HostNetwork;
  cgroup: HostCgroup;
  limits: HostLimits;
  bandwidth: string | null;
  metadataServer: Server;
  /** The host's folder on the machine. */
  folder: string;
  consolePath: string;
  /** The lowest layer of its file system. */
  root: string;
  /** Folders of the machine that it sees at the same path, read-only. */
  mounts: readonly string[];
  hostname: string;
  /** Content by the name in /etc. */
  etc: Readonly<Record<string, string>>;
  /** Files and folders of the machine that it gets a copy of, at the same path. */
  copies: readonly string[];
  environment: Readonly<Record<string, string>>;
  graceMs: number;
  /** Hold its calls to AWS that match. */
  holdCalls: (paths: RegExp | null) => void;
  /** Called once, when nothing of the host is left. */
  onEnded: () => Promise<void>;
}

/** A host in namespaces of its own: network, processes, file system, name and limits. */
export class NamespaceHost implements Host {
  readonly address: string;
  readonly macAddress: string;
  readonly metadataServer: Server;
  readonly #parts: NamespaceHostParts;
  readonly #shutdown: ShutdownRequests;
  /** unshare(1), which waits for the host's first process. */
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #mode: EndMode = 'graceful';
  #ended: Promise<void> | undefined;

  constructor(parts: NamespaceHostParts) {
    this.#parts = parts;
    this.address = parts.network.address;
    this.macAddress = parts.network.macAddress;
    this.metadataServer = parts.metadataServer;
    this.#shutdown = new ShutdownRequests(join(parts.folder, 'control'), parts.spec.onShutdown);
  }

  get instanceId(): string {
    return this.#parts.spec.instanceId;
  }

  async start(): Promise<void> {
    const { cgroup, limits, network, bandwidth } = this.#parts;
    await this.#makeFolder();
    await cgroup.create(limits);
    if (bandwidth !== null) await network.setBandwidth(bandwidth);
    this.#shutdown.watch();
    const log = await open(this.#parts.consolePath, 'a', 0o600);
    try {
      await this.#boot(log.fd);
    } finally {
      await log.close();
    }
  }

  console(): Promise<Buffer> {
    return consoleTail(this.#parts.consolePath);
  }

  async control(change: HostChange): Promise<HostOutcome> {
    const { network, cgroup, holdCalls } = this.#parts;
    // Once it ends, its address may be another one's.
    if (change.hold !== undefined && this.#ended === undefined)
      holdCalls(change.hold === null ? null : new RegExp(change.hold));
    if (change.link !== undefined) await network.setLink(change.link);
    if (change.bandwidth !== undefined) await network.setBandwidth(change.bandwidth);
    if (change.cpus !== undefined) await cgroup.setCpus(change.cpus);
    if (change.memoryMiB !== undefined) await cgroup.setMemory(change.memoryMiB);
    if (change.kill === undefined) return {};
    return {
      killed: await this.#kill(new RegExp(change.kill), `SIG${change.signal ?? 'KILL'}` as NodeJS.Signals),
    };
  }

  /** Let in what its security groups allow. */
  async enforce(rules: readonly IngressRule[]): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#parts.network.enforce(rules).catch((reason) => {
      // It may have ended meanwhile, and its network with it.
      if (this.#ended === undefined) throw reason;
    });
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
    const { cgroup, network, folder, onEnded, metadataServer } = this.#parts;
    this.#shutdown.close();
    if (this.#child !== undefined) await this.#endProcesses();
    await cgroup.remove();
    await this.#exited;
    metadataServer.closeAllConnections();
    await network.remove();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    await onEnded();
  }

  /** SIGTERM to all but the first process, as an init does; when that one is killed, the kernel ends all others. */
  async #endProcesses(): Promise<void> {
    if (this.#mode === 'graceful')
      for (const { pid } of await this.#processes()) signalIfThere(pid, 'SIGTERM');
    for (let waited = 0; waited < this.#parts.graceMs && this.#mode === 'graceful'; waited += POLL_MS) {
      if ((await this.#processes()).length === 0) break;
      await wait(POLL_MS);
    }
    for (const pid of await this.#parts.cgroup.pids()) {
      if ((await namespacePids(pid)).at(-1) === 1) signalIfThere(pid, 'SIGKILL');
    }
  }

  /** The processes of the host but its first one. */
  async #processes(): Promise<{ pid: number; inside: number }[]> {
    const pids = await this.#parts.cgroup.pids();
    const all = await Promise.all(pids.map(async (pid) => ({ pid, all: await namespacePids(pid) })));
    return all.flatMap(({ pid, all: [, ...others] }) => {
      const inside = others.at(-1);
      return inside === undefined || inside === 1 ? [] : [{ pid, inside }];
    });
  }

  /** @returns their numbers as the host sees them */
  async #kill(pattern: RegExp, signal: NodeJS.Signals): Promise<number[]> {
    const killed: number[] = [];
    for (const { pid, inside } of await this.#processes()) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (pattern.test(command.split('\0').join(' ').trim()) && signalIfThere(pid, signal))
        killed.push(inside);
    }
    return killed;
  }

  async #makeFolder(): Promise<void> {
    const { folder, spec, etc } = this.#parts;
    const names = ['root', 'upper', 'work', 'memory', 'tmp', 'home', 'control', 'etc'];
    await Promise.all(
      names.map((name) => mkdir(join(folder, name), { mode: name === 'home' ? 0o700 : 0o755 })),
    );
    await chmod(join(folder, 'tmp'), 0o1777);
    await writeFile(join(folder, 'shutdown'), shutdownScript(CONTROL), { mode: 0o755 });
    for (const [name, content] of Object.entries(etc)) await writeFile(join(folder, 'etc', name), content);
    if (spec.userData !== undefined)
      await writeFile(join(folder, 'user-data'), spec.userData, { mode: 0o700 });
  }

  /** @throws FanfleetError `HOST_NOT_BOOTED` with what was said */
  async #boot(consoleFd: number): Promise<void> {
    const { network, cgroup, limits, folder, root, mounts, copies, hostname, environment } = this.#parts;
    const { PATH = SYSTEM_PATH, ...others } = environment;
    const variables = { LANG: 'C.UTF-8', HOME: '/root', ...others, PATH };
    const folders = Object.entries(cgroup.folders);
    const joinThenRun = 'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done; shift; exec "$@"';
    const child = spawn(
      '/bin/sh',
      [
        ...['-ec', joinThenRun, 'sh', ...new Set(folders.map(([, path]) => path)), '--'],
        ...['nsenter', `--net=${namespacePath(network.namespace)}`],
        ...['unshare', '--mount', '--uts', '--ipc', '--pid', '--cgroup', '--fork'],
        ...['/bin/bash', BOOT, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)],
      ],
      {
        cwd: '/',
        env: {
          PATH: SYSTEM_PATH,
          LC_ALL: 'C',
          HOST_FOLDER: folder,
          HOST_ROOT: root,
          HOST_NAME: hostname,
          HOST_CGROUPS: folders.map(([name, path]) => `${name}=${path}`).join(' '),
          HOST_MOUNTS: mounts.join('\n'),
          HOST_COPIES: copies.join('\n'),
          HOST_SHM_MIB: String(Math.floor(limits.memoryMiB / 2)),
        },
        // Its own session: a Ctrl-C in the terminal does not reach it.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'ignore', consoleFd],
      },
    );
    this.#child = child;
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    this.#exited = exited;
    const booted = Promise.withResolvers<void>();
    let said = '';
    const failed = (why: string) => {
      resolve();
      const message = `Expected ${this.instanceId} to boot but ${why}. It said:\n${said.trim()}`;
      booted.reject(new FanfleetError('HOST_NOT_BOOTED', message, { source: 'internal' }));
    };
    child.stdout?.on('data', (chunk: Buffer) => chunk.toString() === 'booted\n' && booted.resolve());
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    child.once('error', ({ message }) => failed(message));
    child.once('close', (code, signal) => failed(`it ended with ${signal ?? code}`));
    await booted.promise;
    child.unref();
  }
}

/** The numbers of a process, from the namespace of this program inwards (proc_pid_status(5), NSpid). */
async function namespacePids(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
}
