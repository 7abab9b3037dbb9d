// Runs what installs, several side by side, and says what becomes of it. Plain JavaScript without dependencies, as all of
// the set-up.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { spawnGroup } from './own-group.mjs';

export const windows = process.platform === 'win32';

/** The set-up cannot go on: what is wrong, in lines, and what to do about it. */
export class SetupError extends Error {
  /** @param {string} problem @param {string} remedy */
  constructor(problem, remedy) {
    super(problem);
    this.remedy = remedy;
  }
}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** Say why the set-up cannot go on, and end with 2. @param {unknown} reason */
export function tell(reason) {
  if (!(reason instanceof SetupError)) throw reason;
  say(reason.message);
  say(reason.remedy);
  process.exitCode = 2;
}

/**
 * Run a command to its end. It does not fail: a command that cannot be started has no status.
 *
 * @param {string} folder where it runs
 * @param {string} command @param {readonly string[]} args
 * @param {AbortSignal} [signal] ends it
 * @returns {Promise<{status: number | null, stdout: string, stderr: string}>}
 */
export function run(folder, command, args, signal) {
  const env = {
    ...process.env,
    UV_PYTHON_DOWNLOADS: 'never',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    // Its own waits would keep somebody without a network waiting.
    CARGO_NET_RETRY: '1',
    // An npm that runs its script would fetch the libraries for CUDA, too.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  };
  return new Promise((resolve) => {
    const child = spawnGroup(
      command,
      args,
      { cwd: folder, env, shell: windows, stdio: ['ignore', 'pipe', 'pipe'] },
      signal,
    );
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.on('error', ({ message }) => resolve({ status: null, stdout, stderr: stderr + message }));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** @param {readonly string[]} paths of files */
export function hash(...paths) {
  const sum = createHash('sha256');
  for (const path of paths) sum.update(readFileSync(path));
  return sum.digest('hex');
}

/** @param {string} marker @param {string} value */
export function unchanged(marker, value) {
  return existsSync(marker) && readFileSync(marker, 'utf8') === value;
}

/**
 * Run an installer.
 *
 * @param {string} folder where it runs
 * @param {string} what @param {string} command @param {readonly string[]} args
 * @param {AbortSignal} [signal] ends it
 * @throws {SetupError} with what it said, where it fails; or the reason of the signal
 */
export async function install(folder, what, command, args, signal) {
  signal?.throwIfAborted();
  const started = Date.now();
  say(`installing ${what} …`);
  const { status, stdout, stderr } = await run(folder, command, args, signal);
  signal?.throwIfAborted();
  if (status !== 0) {
    const output = `${stdout}${stderr}`.trim();
    const said = output.split('\n').slice(-15).join('\n');
    const offline =
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|NewConnectionError|dns error|Could not connect|error sending request|Temporary failure/i;
    if (offline.test(output)) {
      throw new SetupError(
        `${said}\nset-up: could not install ${what}: a package registry cannot be reached.`,
        'Expected a network, or a mirror set with `npm config set registry` and UV_DEFAULT_INDEX / PIP_INDEX_URL. Then run it again: what was installed stays.',
      );
    }
    throw new SetupError(
      `${said}\nset-up: could not install ${what}.`,
      `The command was: ${command} ${args.join(' ')}`,
    );
  }
  say(`${what} installed in ${seconds(started)}`);
}

/** @param {number} started epoch milliseconds */
export function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
