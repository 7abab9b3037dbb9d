// Builds the native kernel where the tools for it are there, since it is what makes images fast. Without it fanfleet works,
// so that nothing here ends the set-up.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildKernel, kernelPath, missingTools, sourcesHash } from '../native/build-kernel.mjs';
import { say, seconds, unchanged } from './installer.mjs';

const HERE = `${process.platform}-${process.arch}`;

/**
 * Build it, unless these sources are built, or could not be. What is the same as the last time is not said again.
 *
 * @param {string} root of the clone
 * @param {AbortSignal} signal ends it
 */
export async function nativeKernel(root, signal) {
  const crate = join(root, 'native');
  if (!existsSync(join(crate, 'Cargo.toml'))) return;
  const sources = sourcesHash(crate);
  const kernel = kernelPath(crate, HERE);
  if (existsSync(kernel) && unchanged(`${kernel}.sources`, sources)) return;
  const leftOut = join(root, '.fanfleet', 'native-left-out');
  /** @param {string} why */
  const leaveOut = (why) => {
    // One of other sources may give other rows.
    for (const old of [kernel, `${kernel}.sources`]) rmSync(old, { force: true });
    const text = `the native kernel is left out, and images are measured by the portable one: ${why}`;
    const note = `${sources}\n${text}\n`;
    if (unchanged(leftOut, note)) return;
    say(text);
    mkdirSync(dirname(leftOut), { recursive: true });
    writeFileSync(leftOut, note);
  };

  const missing = missingTools(HERE);
  if (missing.length > 0) {
    // One that was put there from elsewhere has no note, and is whoever's put it there.
    if (existsSync(kernel) && !existsSync(`${kernel}.sources`)) return;
    return leaveOut(missing.join('; '));
  }
  const log = join(root, '.fanfleet', 'logs', 'native-kernel.log');
  const failed = `its build failed (${log}); \`npm run build:native\` tries again`;
  // It would fail again, minutes later.
  if (existsSync(leftOut) && readFileSync(leftOut, 'utf8').startsWith(`${sources}\n`) && existsSync(log)) {
    return leaveOut(failed);
  }
  const started = Date.now();
  say('building the native kernel …');
  const { status, output } = await buildKernel(crate, HERE, { signal });
  if (signal.aborted) return;
  mkdirSync(dirname(log), { recursive: true });
  if (status !== 0) {
    writeFileSync(log, output);
    return leaveOut(failed);
  }
  for (const file of [log, leftOut]) rmSync(file, { force: true });
  say(`native kernel built in ${seconds(started)}`);
}
