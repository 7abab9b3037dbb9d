// The Node packages of this clone, from package-lock.json. onnxruntime-node, which runs models, is among them as a peer dependency,
// since npm can leave those out: it has 113 MB to fetch, for five platforms, and few runs have a model.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash, install, unchanged, windows } from './installer.mjs';

const QUIET = [
  '--no-audit',
  '--no-fund',
  // Its own waits between tries would keep somebody without a network waiting for over a minute.
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];

/**
 * Install what is not there yet. What is there stays, also where it was not asked for.
 *
 * @param {string} root of the clone
 * @param {boolean} models whether what runs models is wanted, too
 * @param {AbortSignal} [signal] ends it
 * @throws {SetupError}, or the reason of the signal
 */
export async function nodePackages(root, models, signal) {
  const lock = hash(join(root, 'package.json'), join(root, 'package-lock.json'));
  const marker = join(root, 'node_modules', '.fanfleet-lock');
  const npm = windows ? 'npm.cmd' : 'npm';
  const have = existsSync(join(root, 'node_modules', 'onnxruntime-node'));
  const wanted = models || have;
  if (!unchanged(marker, lock)) {
    const ci = ['ci', ...QUIET, ...(wanted ? [] : ['--omit=peer'])];
    await install(root, 'Node packages, Node 24 among them', npm, ci, signal);
  } else if (wanted && !have) {
    // It adds what the lock file has beside the others, which stay as they are.
    const add = ['install', '--no-save', '--ignore-scripts', ...QUIET];
    await install(root, 'ONNX Runtime for Node', npm, add, signal);
  } else {
    return;
  }
  removeOtherPlatforms(root);
  writeFileSync(marker, lock);
}

/** Of the 300 MB of ONNX Runtime keep what this machine loads, and what functions and hosts do. @param {string} root */
function removeOtherPlatforms(root) {
  const platforms = join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
  if (!existsSync(platforms)) return;
  for (const name of readdirSync(platforms)) {
    if (name !== 'linux' && name !== process.platform) rmSync(join(platforms, name), { recursive: true });
  }
}
