import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Holds the hash of what a layer was made from. */
const STAMP = 'made-from';

/**
 * Install sharp and what it needs, in the locked versions, where a Lambda layer has packages: `nodejs/node_modules`.
 * A layer that was made from the same lock file is left as it is.
 *
 * @param {string} root with `package.json` and `package-lock.json`
 * @param {string} layer the folder, which is replaced as a whole
 * @param {string} cpu as npm calls it
 */
export async function installSharp(root, layer, cpu) {
  const lock = await readFile(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).update(cpu).digest('hex');
  if ((await readFile(join(layer, STAMP), 'utf8').catch(() => '')) === wanted) return;

  await mkdir(dirname(layer), { recursive: true });
  const made = await mkdtemp(join(dirname(layer), `${basename(layer)}-`));
  try {
    const nodejs = join(made, 'nodejs');
    await mkdir(nodejs);
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const own = { private: true, dependencies: { sharp: dependencies.sharp } };
    await writeFile(join(nodejs, 'package.json'), JSON.stringify(own));
    const here = await installedHere(root, JSON.parse(lock.toString()).packages, cpu);
    if (here === undefined) await installByNpm(root, nodejs, cpu);
    else for (const path of here) await cp(join(root, path), join(nodejs, path), { recursive: true });
    await writeFile(join(made, STAMP), wanted);
    await rm(layer, { recursive: true, force: true });
    await rename(made, layer).catch(async (reason) => {
      // Who made the same meanwhile was faster.
      if ((await readFile(join(layer, STAMP), 'utf8').catch(() => '')) !== wanted) throw reason;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** @param {string} root @param {string} nodejs the folder @param {string} cpu */
async function installByNpm(root, nodejs, cpu) {
  await copyFile(join(root, 'package-lock.json'), join(nodejs, 'package-lock.json'));
  // Not `npm ci`, which refuses a lock file with more than is asked for. This takes its versions and hashes, too.
  const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...platform, ...options], { cwd: nodejs });
}

/**
 * Where sharp and all that it needs lie in `root`, if they are for this processor, a Linux with glibc, and in the locked
 * versions: to copy them takes a tenth of the time.
 *
 * @param {string} root
 * @param {Record<string, Package>} locked
 * @param {string} cpu
 * @typedef {{integrity?: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>}} Package
 * @returns {Promise<string[] | undefined>} nothing where one of them is missing or another one
 */
async function installedHere(root, locked, cpu) {
  // What npm has put there.
  const list = await readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8').catch(() => '{}');
  /** @type {Record<string, Package>} */
  const there = JSON.parse(list).packages ?? {};
  const found = new Set(['node_modules/sharp']);
  for (const path of found) {
    const { integrity, dependencies, optionalDependencies } = there[path] ?? {};
    const nested = Object.keys(there).some((other) => other.startsWith(`${path}/node_modules/`));
    if (integrity === undefined || integrity !== locked[path]?.integrity || nested) return undefined;
    for (const name of Object.keys(dependencies ?? {})) found.add(`node_modules/${name}`);
    for (const name of Object.keys(optionalDependencies ?? {})) {
      if (`node_modules/${name}` in there) found.add(`node_modules/${name}`);
    }
  }
  return found.has(`node_modules/@img/sharp-linux-${cpu}`) ? [...found] : undefined;
}
