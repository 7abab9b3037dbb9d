import { existsSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { haveLayer, installByNpm, installedAsLocked } from './layer.mjs';
import { packArchive } from './onnxruntime-archive.mjs';

/** Its licence, and those of what is linked into it: the packages have no text of them. */
const LICENCES = ['LICENSE', 'ThirdPartyNotices.txt'].map((name) =>
  join(import.meta.dirname, 'onnxruntime', name),
);

/** Of both packages what is loaded on Linux: neither sources and types, nor the script that would fetch libraries for CUDA. */
const loaded = (/** @type {string} */ cpu) => [
  ...['package.json', 'dist', `bin/napi-v6/linux/${cpu}`].map((path) => `onnxruntime-node/${path}`),
  ...['package.json', 'dist/cjs'].map((path) => `onnxruntime-common/${path}`),
];

/** @param {string} cpu */
export function onnxruntimeFolder(cpu) {
  return `.layers/onnxruntime-linux-${cpu}`;
}

/**
 * Put onnxruntime-node, in the locked version and for one processor, where a Lambda layer has packages: `nodejs/node_modules`.
 * Of the 302 MB that npm installs one platform needs 46. Beside it is the archive for instances. A layer that was made from the same lock file is left as it is.
 *
 * @param {string} root with `package.json` and `package-lock.json`
 * @param {string} layer the folder, which is replaced as a whole
 * @param {string} cpu as npm calls it
 */
export async function installOnnxruntime(root, layer, cpu) {
  const lock = await readFile(join(root, 'package-lock.json'));
  await haveLayer(layer, [lock, cpu], async (made) => {
    const scratch = join(made, 'npm');
    const from = (await isHere(root, lock, cpu)) ? root : scratch;
    if (from === scratch) await installByNpm(root, scratch, 'onnxruntime-node', cpu);
    const packages = join(made, 'nodejs/node_modules');
    for (const path of loaded(cpu)) {
      await cp(join(from, 'node_modules', path), join(packages, path), {
        recursive: true,
        filter: (file) => !/\.(d\.ts|map)$/.test(file),
      });
    }
    for (const file of LICENCES) {
      await cp(file, join(packages, 'onnxruntime-node', basename(file)));
    }
    await rm(scratch, { recursive: true, force: true });
    await packArchive(made);
  });
}

/** Set-up leaves it out for `npm start`, and removes other platforms. @param {string} root @param {Buffer} lock @param {string} cpu */
async function isHere(root, lock, cpu) {
  const there = await installedAsLocked(root, lock);
  const whole = ['onnxruntime-node', 'onnxruntime-common'].every((name) => `node_modules/${name}` in there);
  return whole && existsSync(join(root, `node_modules/onnxruntime-node/bin/napi-v6/linux/${cpu}`));
}
