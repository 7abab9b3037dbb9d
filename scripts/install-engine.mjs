/**
 * Installs what set-up left out, as `npm start` does: the packages of an engine for hosts on this machine, or what runs models.
 *
 * node scripts/install-engine.mjs spark
 * node scripts/install-engine.mjs models
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { tell } from './setup/installer.mjs';
import { nodePackages } from './setup/node-packages.mjs';
import { compilePython, pythonPackages } from './setup/python-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
try {
  const groups = argv.slice(2);
  // npm and uv one after the other: each takes all of the network.
  if (groups.includes('models')) await nodePackages(root, true);
  await pythonPackages(root, groups);
  await compilePython(root);
} catch (reason) {
  tell(reason);
}
