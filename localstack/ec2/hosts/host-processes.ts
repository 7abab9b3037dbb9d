import { setTimeout as wait } from 'node:timers/promises';
import { FanfleetError } from '../shared.ts';
import type { EndMode } from './host-provider.ts';
import type { ProcessInfo, ProcessTable } from './process-table.ts';

/** What is known of a host's processes; kept on disk, so that a later endpoint can end them. */
export interface KnownProcesses {
  /** Start time by pid: the pid alone may be another process by now. */
  started: Record<string, string>;
  /** Sessions that a process of the host leads or led. */
  sessions: number[];
}

/**
 * The processes of a host: those known, those that carry a mark of it, those that share a session of the host with one
 * of them, and the descendants of all these. No single sign is enough: a daemon leaves its parent, its session and its
 * console, and `env -i` or a program that rewrites its title (Ray's workers do) loses the environment.
 *
 * @param isMarked whether a process has what only those of the host have
 */
export function hostMembers(
  table: readonly ProcessInfo[],
  known: KnownProcesses,
  isMarked: (process: ProcessInfo) => boolean,
): { members: ProcessInfo[]; known: KnownProcesses } {
  const members = new Set(
    table.filter((each) => known.started[each.pid] === each.startedAt || isMarked(each)),
  );
  // A session counts only while a member is in it: its number may be used again by others after that.
  const sessions = new Set(known.sessions.filter((id) => [...members].some(({ session }) => session === id)));
  const pids = new Set([...members].map(({ pid }) => pid));
  let grew = true;
  while (grew) {
    grew = false;
    for (const each of members) if (each.session === each.pid) sessions.add(each.session);
    for (const each of table) {
      if (members.has(each) || !(pids.has(each.parent) || sessions.has(each.session))) continue;
      members.add(each);
      pids.add(each.pid);
      grew = true;
    }
  }
  const started = Object.fromEntries([...members].map(({ pid, startedAt }) => [pid, startedAt]));
  return { members: [...members], known: { started, sessions: [...sessions].sort((a, b) => a - b) } };
}

const POLL_MS = 40;
const KILL_LIMIT_MS = 10_000;

/** What only the processes of one host have. */
export interface HostMarks {
  /** The host's folder: FANFLEET_HOST_ROOT in their environment. */
  root: string;
  /** The file that the user data's output goes to, absolute and without links. */
  consolePath: string;
}

/** Follows the processes of one host, and ends them. */
export class HostProcesses {
  readonly #table: ProcessTable;
  readonly #root: string;
  readonly #isMarked: (process: ProcessInfo) => boolean;
  #known: KnownProcesses;

  /** @param known what an earlier endpoint knew */
  constructor(
    table: ProcessTable,
    { root, consolePath }: HostMarks,
    known: KnownProcesses = { started: {}, sessions: [] },
  ) {
    this.#table = table;
    this.#root = root;
    this.#isMarked = (each) =>
      each.hasEnvironment(`FANFLEET_HOST_ROOT=${root}`) || each.writesTo(consolePath);
    this.#known = known;
  }

  get known(): KnownProcesses {
    return this.#known;
  }

  /** Learn of the first process of the host, right after it was started as the leader of a session. */
  async add(pid: number): Promise<void> {
    this.#known.sessions.push(pid);
    const info = (await this.#table.list()).find((each) => each.pid === pid);
    if (info !== undefined) this.#known.started[pid] = info.startedAt;
  }

  /**
   * Learn of new processes while their parents can still be seen.
   *
   * @returns whether what is known changed
   */
  follow(table: readonly ProcessInfo[]): boolean {
    const before = JSON.stringify(this.#known);
    this.#members(table, this.#isMarked);
    return JSON.stringify(this.#known) !== before;
  }

  /**
   * End them all: SIGTERM, and SIGKILL for what is left after the grace, or SIGKILL at once.
   *
   * @param mode asked again in every turn, so that a graceful end can be hurried
   * @throws FanfleetError `HOST_NOT_ENDED` naming the pids that are still there
   */
  async end(mode: () => EndMode, graceMs: number): Promise<void> {
    let members = this.#members(await this.#table.list(), this.#isMarked);
    if (mode() === 'graceful') signal(members, 'SIGTERM');
    let waited = 0;
    while (members.length > 0) {
      if (waited >= graceMs + KILL_LIMIT_MS) throw this.#notEnded(members);
      if (mode() === 'immediate' || waited >= graceMs) signal(members, 'SIGKILL');
      await wait(POLL_MS);
      waited += POLL_MS;
      members = this.#members(await this.#table.list(), () => false);
      // Only when none seems left are all environments read again: that finds what was started meanwhile.
      if (members.length === 0) members = this.#members(await this.#table.list(), this.#isMarked);
    }
  }

  #members(table: readonly ProcessInfo[], isMarked: (each: ProcessInfo) => boolean): ProcessInfo[] {
    const others = table.filter(({ pid }) => pid !== process.pid);
    const { members, known } = hostMembers(others, this.#known, isMarked);
    this.#known = known;
    return members;
  }

  #notEnded(members: readonly ProcessInfo[]): FanfleetError {
    const pids = members.map(({ pid }) => pid).join(', ');
    return new FanfleetError(
      'HOST_NOT_ENDED',
      `Expected all processes of ${this.#root} to end but ${pids} did not.`,
      {
        source: 'internal',
      },
    );
  }
}

function signal(members: readonly ProcessInfo[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const { pid } of members) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself, or is not ours to end: the next look tells which.
    }
  }
}
