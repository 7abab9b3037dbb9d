// Takes the native kernel from its npm package, or builds it where the tools for it are there, since it is what makes images
// fast. Without it fanfleet works, so that nothing here ends the set-up.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildKernel, kernelPath, missingTools, sourcesHash } from '../native/build-kernel.mjs';
import { packageName, platformHere } from '../native/platforms.mjs';
import { say, seconds, unchanged } from './installer.mjs';

const HERE = `${process.platform}-${process.arch}`;

/**
 * Take or build it, unless these sources are built, or could not be. What is the same as the last time is not said again.
 *
 * @param {string} root of the clone
 * @param {AbortSignal} signal ends it
 * @param {Promise<unknown>} nodePackages until when npm installs
 */
export async function nativeKernel(root, signal, nodePackages) {
  const crate = join(root, 'native');
  if (!existsSync(join(crate, 'Cargo.toml'))) return;
  const sources = sourcesHash(crate);
  const kernel = kernelPath(crate, HERE);
  if (existsSync(kernel) && unchanged(`${kernel}.sources`, sources)) return;
  const published = dependedOn(root);
  if (published !== undefined) {
    await nodePackages;
    if (signal.aborted) return;
    if (take(join(root, 'node_modules', published), kernel, sources)) {
      return say(`native kernel taken from the package ${published}`);
    }
  }
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

/** The package for this machine, if the clone depends on it. @param {string} root */
function dependedOn(root) {
  const here = platformHere();
  if (here === undefined) return undefined;
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return optionalDependencies?.[packageName(here)] === undefined ? undefined : packageName(here);
}

/**
 * Take the kernel of a package, if it was made from these sources: one of others may give other rows.
 *
 * @param {string} from its folder @param {string} kernel where it belongs @param {string} sources
 */
function take(from, kernel, sources) {
  const file = join(from, 'kernel.node');
  if (!existsSync(file) || !unchanged(`${file}.sources`, sources)) return false;
  mkdirSync(dirname(kernel), { recursive: true });
  // A process may have the old file open: replace it, do not write into it.
  copyFileSync(file, `${kernel}.new`);
  renameSync(`${kernel}.new`, kernel);
  writeFileSync(`${kernel}.sources`, sources);
  return true;
}
