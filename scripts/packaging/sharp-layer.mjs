import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { haveLayer, installByNpm, installedAsLocked } from './layer.mjs';

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
  await haveLayer(layer, [lock, cpu], async (made) => {
    const nodejs = join(made, 'nodejs');
    const here = pathsOfSharp(await installedAsLocked(root, lock), cpu);
    if (here === undefined) await installByNpm(root, nodejs, 'sharp', cpu);
    else for (const path of here) await cp(join(root, path), join(nodejs, path), { recursive: true });
  });
}

/**
 * Where sharp and all that it needs lie, if they are for this processor, a Linux with glibc: to copy them takes a tenth of the time.
 *
 * @param {Record<string, import('./layer.mjs').Package>} there the packages that are installed as locked
 * @param {string} cpu
 * @returns {string[] | undefined} nothing where one of them is missing
 */
function pathsOfSharp(there, cpu) {
  const found = new Set(['node_modules/sharp']);
  for (const path of found) {
    const nested = Object.keys(there).some((other) => other.startsWith(`${path}/node_modules/`));
    if (!(path in there) || nested) return undefined;
    const { dependencies, optionalDependencies } = there[path] ?? {};
    for (const name of Object.keys(dependencies ?? {})) found.add(`node_modules/${name}`);
    for (const name of Object.keys(optionalDependencies ?? {})) {
      if (`node_modules/${name}` in there) found.add(`node_modules/${name}`);
    }
  }
  return found.has(`node_modules/@img/sharp-linux-${cpu}`) ? [...found] : undefined;
}
