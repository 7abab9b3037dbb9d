/**
 * `npm start`: sets up what it needs, and starts everything. The offline AWS starts and the sample images are made while the
 * native kernel is still being built: `fanfleet start` waits for the end of the pipe that it is given before it deploys.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup/set-up.mjs';

/** That of src/contract/engines.ts, which an older Node cannot read. */
const DEFAULT_ENGINE = 'daft';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PIPE = 3;

const { packages, rest, stop } = setUp(ROOT, [DEFAULT_ENGINE]);
if (await packages) process.exitCode = await start();
await rest;

/** @returns {Promise<number>} its exit code */
function start() {
  // npm has put the packages first on the PATH: this is their Node.
  const child = spawn('node', [`${ROOT}cli/main.ts`, 'start', ...argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...env, FANFLEET_SET_UP_PIPE: `${PIPE}` },
  });
  const pipe = /** @type {import('node:stream').Writable} */ (child.stdio[PIPE]);
  // It may be gone before the rest is done.
  pipe.on('error', () => {});
  const end = () => pipe.end();
  rest.then(end, end);
  // It ends what it has started. Of Ctrl-C the terminal has told it, too, unless that came right before it was there.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // Else it would build on for nobody.
      if (code !== 0) stop();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
