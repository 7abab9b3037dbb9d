import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const BUSY_MS = 5_000;
const AGAIN_MS = 10;

/**
 * Start a script that was just written. Linux refuses to run a file that some process has open to write, and a process that
 * is being started beside it has, until it becomes its program, all that was open when it was forked: that is waited for.
 *
 * @throws Error of `spawn`; `ETXTBSY` after five seconds
 */
export async function spawnScript(script: string, options: SpawnOptions): Promise<ChildProcess> {
  const until = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return spawn(script, options);
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'ETXTBSY';
      if (!isBusy || performance.now() > until) throw error;
    }
    await wait(AGAIN_MS);
  }
}
