// Starts programs that start others, so that all of them can be ended together.
import { spawn } from 'node:child_process';

const windows = process.platform === 'win32';

/**
 * From asking to end until being made to. npm, told by Ctrl-C, first fetches all that it was about to, and then undoes what it
 * did: minutes in which the next set-up would write into the same folder.
 */
const GRACE_MS = 2_000;

/**
 * Start a program. With a signal it is in a process group of its own: Ctrl-C does not reach it, but the signal ends it with all
 * that it has started.
 *
 * @param {string} command @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options @param {AbortSignal} [signal]
 */
export function spawnGroup(command, args, options, signal) {
  if (signal === undefined) return spawn(command, args, options);
  const child = spawn(command, args, { ...options, detached: !windows });
  const end = () => {
    send(child, 'SIGTERM');
    const made = setTimeout(() => send(child, 'SIGKILL'), GRACE_MS);
    child.once('close', () => clearTimeout(made));
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  child.once('close', () => signal.removeEventListener('abort', end));
  return child;
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} name */
function send(child, name) {
  if (child.pid === undefined) return;
  try {
    if (windows) child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}
