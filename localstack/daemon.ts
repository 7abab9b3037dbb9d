import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FanfleetError } from '../src/errors.ts';

/** A process that outlives the command that started it, known by its pid file. */
export interface DaemonOptions {
  readonly name: string;
  /** Folder of `<name>.pid` and `<name>.log`. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whether it answers already. */
  readonly ready: () => Promise<boolean>;
  readonly readyMs: number;
}

interface PidFile {
  readonly pid: number;
  /** Start time in clock ticks since boot, so that a pid that was given out anew is never taken for ours. */
  readonly started: string;
}

const POLL_MS = 50;

/** Start a daemon and wait until it is ready. One that runs and is ready is left alone. */
export async function startDaemon(options: DaemonOptions): Promise<'started' | 'running'> {
  const { name, folder } = options;
  if ((await livePid(folder, name)) !== undefined) {
    if (await options.ready()) return 'running';
    await stopDaemon(folder, name, 5_000);
  }
  await mkdir(folder, { recursive: true });
  const log = await open(join(folder, `${name}.log`), 'w');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  try {
    for (let waited = 0; waited < options.readyMs; waited += POLL_MS) {
      await sleep(POLL_MS);
      if (ended !== undefined) throw await notStarted(options, ended);
      if (!(await options.ready())) continue;
      const pid = child.pid ?? 0;
      await writeFile(pidPath(folder, name), JSON.stringify({ pid, started: (await startTime(pid)) ?? '' }));
      child.unref();
      return 'started';
    }
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    throw await notStarted(options, `it did not answer within ${options.readyMs} ms`);
  } finally {
    await log.close();
  }
}

/** End a daemon and everything in its process group: first asked, then made to. */
export async function stopDaemon(folder: string, name: string, graceMs: number): Promise<boolean> {
  const pid = await livePid(folder, name);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    for (let waited = 0; waited < graceMs && alive(pid); waited += POLL_MS) await sleep(POLL_MS);
    signalGroup(pid, 'SIGKILL');
  }
  await rm(pidPath(folder, name), { force: true });
  return pid !== undefined;
}

/** The pid of a daemon that is running. */
export async function livePid(folder: string, name: string): Promise<number | undefined> {
  try {
    const { pid, started } = JSON.parse(await readFile(pidPath(folder, name), 'utf8')) as PidFile;
    return alive(pid) && ((await startTime(pid)) ?? '') === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function notStarted({ name, folder }: DaemonOptions, why: string): Promise<FanfleetError> {
  const log = await readFile(join(folder, `${name}.log`), 'utf8').catch(() => '');
  const tail = log.trim().split('\n').slice(-5).join('\n');
  return new FanfleetError('NOT_STARTED', `Expected ${name} to start but ${why}. Its last words:\n${tail}`, {
    source: 'internal',
  });
}

function pidPath(folder: string, name: string): string {
  return join(folder, `${name}.pid`);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)); nothing where there is no /proc. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(join('/proc', String(pid), 'stat'), 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
