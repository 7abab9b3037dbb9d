import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
    await copyFile(join(root, 'package-lock.json'), join(nodejs, 'package-lock.json'));
    // Not `npm ci`, which refuses a lock file with more than is asked for. This takes its versions and hashes, too.
    const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
    const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', ['install', ...platform, ...options], { cwd: nodejs });
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
