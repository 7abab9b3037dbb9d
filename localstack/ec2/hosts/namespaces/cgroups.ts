import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FanfleetError } from '../../shared.ts';

/** What a host may use of the machine. */
export interface HostLimits {
  /** In cores; 0.4 is 40 % of one. */
  cpus: number;
  memoryMiB: number;
}

/** Where the machine has its cgroups. */
export interface CgroupMounts {
  readonly version: 1 | 2;
  /** Mount point of each controller; of version 2 one for all. */
  readonly mounts: Readonly<Record<string, string>>;
}

const CONTROLLERS_V1 = ['cpu', 'cpuacct', 'memory', 'pids'];
const CONTROLLERS_V2 = ['cpu', 'memory', 'pids'];
/** Short, so that a host with a small quota pauses often and briefly, not for most of a tenth of a second. */
const PERIOD_US = 20_000;
/** The kernel takes no quota below a millisecond. */
export const MIN_CPUS = 1_000 / PERIOD_US;
const MAX_TASKS = 8_192;
const POLL_MS = 20;
const KILL_LIMIT_MS = 10_000;

/** The cgroups that can limit CPU, memory and tasks: version 1 where it has them, else 2; nothing if neither does. */
export async function findCgroups(mountinfo = '/proc/self/mountinfo'): Promise<CgroupMounts | undefined> {
  const found = parseMounts(await readFile(mountinfo, 'utf8').catch(() => ''));
  if (found === undefined) return undefined;
  try {
    for (const mount of Object.values(found.mounts)) await access(mount, constants.W_OK);
    return found;
  } catch {
    return undefined;
  }
}

/** From the text of proc_pid_mountinfo(5). */
export function parseMounts(mountinfo: string): CgroupMounts | undefined {
  const v1: Record<string, string> = {};
  const v2: Record<string, string> = {};
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const mountPoint = before.split(' ')[4] ?? '';
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup')
      for (const name of options.split(',')) if (CONTROLLERS_V1.includes(name)) v1[name] = mountPoint;
    if (type === 'cgroup2') v2.unified = mountPoint;
  }
  if (CONTROLLERS_V1.every((name) => name in v1)) return { version: 1, mounts: v1 };
  return 'unified' in v2 ? { version: 2, mounts: v2 } : undefined;
}

/** The cgroups of one host, in each hierarchy at the same path. */
export class HostCgroup {
  readonly #cgroups: CgroupMounts;
  readonly #path: string;

  /** @param path below the mount points, such as `fanfleet-1a2b3c/i-0123` */
  constructor(cgroups: CgroupMounts, path: string) {
    this.#cgroups = cgroups;
    this.#path = path;
  }

  /** Its folder by controller; of version 2 under the name `unified`. */
  get folders(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#cgroups.mounts);
    return Object.fromEntries(entries.map(([name, mount]) => [name, join(mount, this.#path)]));
  }

  async create(limits: HostLimits): Promise<void> {
    if (this.#cgroups.version === 2) await this.#delegate();
    for (const folder of new Set(Object.values(this.folders))) await mkdir(folder, { recursive: true });
    await this.#write('pids', 'pids.max', String(MAX_TASKS));
    await this.setMemory(limits.memoryMiB);
    await this.setCpus(limits.cpus);
  }

  async setCpus(cpus: number): Promise<void> {
    const quota = Math.round(cpus * PERIOD_US);
    if (this.#cgroups.version === 2) return this.#write('cpu', 'cpu.max', `${quota} ${PERIOD_US}`);
    await this.#write('cpu', 'cpu.cfs_period_us', String(PERIOD_US));
    await this.#write('cpu', 'cpu.cfs_quota_us', String(quota));
  }

  async setMemory(memoryMiB: number): Promise<void> {
    const bytes = String(memoryMiB * 1024 * 1024);
    if (this.#cgroups.version === 2) {
      await this.#write('memory', 'memory.max', bytes);
      return this.#write('memory', 'memory.swap.max', '0');
    }
    // With swap its limit may at no time be below the other: that one is set before or after, as it grows or shrinks.
    const withSwap = 'memory.memsw.limit_in_bytes';
    await this.#write('memory', withSwap, bytes).catch(() => undefined);
    await this.#write('memory', 'memory.limit_in_bytes', bytes);
    await this.#write('memory', withSwap, bytes).catch(() => undefined);
  }

  /** The processes in it; none where it is gone. */
  async pids(): Promise<number[]> {
    const text = await readFile(join(this.#folder('pids'), 'cgroup.procs'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  }

  /**
   * Kill what is left in it, and remove it.
   *
   * @throws FanfleetError `HOST_NOT_ENDED` naming the pids that are still there
   */
  async remove(): Promise<void> {
    for (let waited = 0; ; waited += POLL_MS) {
      const pids = await this.pids();
      if (pids.length === 0) break;
      if (waited >= KILL_LIMIT_MS) {
        const message = `Expected all processes of ${this.#path} to end but ${pids.join(', ')} did not.`;
        throw new FanfleetError('HOST_NOT_ENDED', message, { source: 'internal' });
      }
      for (const pid of pids) signalIfThere(pid, 'SIGKILL');
      await wait(POLL_MS);
    }
    for (const folder of new Set(Object.values(this.folders))) await removeCgroup(folder);
  }

  #folder(controller: string): string {
    return this.folders[this.#cgroups.version === 2 ? 'unified' : controller] ?? '';
  }

  #write(controller: string, file: string, value: string): Promise<void> {
    return writeFile(join(this.#folder(controller), file), value);
  }

  /** Version 2 gives a controller to a child only where every parent says so. */
  async #delegate(): Promise<void> {
    const mount = this.#cgroups.mounts.unified ?? '';
    const enable = CONTROLLERS_V2.map((name) => `+${name}`).join(' ');
    const parents = this.#path.split('/').slice(0, -1);
    for (let depth = 0; depth <= parents.length; depth += 1) {
      const folder = join(mount, ...parents.slice(0, depth));
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'cgroup.subtree_control'), enable);
    }
  }
}

/** The names of the cgroups below a path, in any hierarchy. */
export async function listCgroups({ mounts }: CgroupMounts, path: string): Promise<string[]> {
  const names = new Set<string>();
  for (const mount of new Set(Object.values(mounts))) {
    const entries = await readdir(join(mount, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) names.add(entry.name);
  }
  return [...names];
}

/** Remove the empty cgroup that held those of the hosts. */
export async function removeCgroupParent({ mounts }: CgroupMounts, path: string): Promise<void> {
  for (const mount of new Set(Object.values(mounts))) await removeCgroup(join(mount, path));
}

export function signalIfThere(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The kernel is busy with it for a moment after its last process has ended. */
async function removeCgroup(folder: string): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    try {
      return await rmdir(folder);
    } catch (reason) {
      const { code } = reason as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || waited >= 2_000) throw reason;
      await wait(POLL_MS);
    }
  }
}
