// What the layers with Node packages have in common: made in a folder of their own, put into place as a whole, and left as they
// are while nothing has changed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Holds the hash of what a layer was made from. */
const STAMP = 'made-from';

/**
 * Have a layer in a folder, which is replaced as a whole unless it was made from the same.
 *
 * @param {string} layer the folder
 * @param {readonly (string | Buffer)[]} sources all that it depends on
 * @param {(made: string) => Promise<void>} make fills the folder that it is given
 */
export async function haveLayer(layer, sources, make) {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(source);
  const wanted = hash.digest('hex');
  if (await isMadeFrom(layer, wanted)) return;

  await mkdir(dirname(layer), { recursive: true });
  const made = await mkdtemp(join(dirname(layer), `${basename(layer)}-`));
  try {
    await make(made);
    await writeFile(join(made, STAMP), wanted);
    await rm(layer, { recursive: true, force: true });
    await rename(made, layer).catch(async (reason) => {
      // Who made the same meanwhile was faster.
      if (!(await isMadeFrom(layer, wanted))) throw reason;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** @param {string} layer @param {string} wanted */
async function isMadeFrom(layer, wanted) {
  return (await readFile(join(layer, STAMP), 'utf8').catch(() => '')) === wanted;
}

/**
 * Install packages, in the locked versions and for a Linux with glibc.
 *
 * @param {string} root with `package.json` and `package-lock.json`
 * @param {string} folder where `node_modules` is to be
 * @param {string} name of the one that is asked for, among the dependencies of `root`
 * @param {string} cpu as npm calls it
 */
export async function installByNpm(root, folder, name, cpu) {
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const version = dependencies[name] ?? peerDependencies[name];
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [name]: version } }),
  );
  await copyFile(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  // Not `npm ci`, which refuses a lock file with more than is asked for. This takes its versions and hashes, too.
  const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...platform, ...options], { cwd: folder });
}

/** @typedef {{integrity?: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>}} Package */

/**
 * The packages that npm has installed below a folder, by their paths, of those whose bytes are the locked ones.
 *
 * @param {string} root
 * @param {Buffer} lock `package-lock.json`
 * @returns {Promise<Record<string, Package>>}
 */
export async function installedAsLocked(root, lock) {
  /** @type {Record<string, Package>} */
  const locked = JSON.parse(lock.toString()).packages;
  const list = await readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8').catch(() => '{}');
  /** @type {Record<string, Package>} */
  const there = JSON.parse(list).packages ?? {};
  const same = Object.entries(there).filter(
    ([path, { integrity }]) => integrity !== undefined && integrity === locked[path]?.integrity,
  );
  return Object.fromEntries(same);
}
