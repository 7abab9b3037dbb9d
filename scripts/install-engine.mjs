/**
 * Installs the packages of an engine for hosts on this machine, where set-up left them out, as `npm start` does.
 *
 * node scripts/install-engine.mjs spark
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { tell } from './setup/installer.mjs';
import { compilePython, pythonPackages } from './setup/python-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
try {
  await pythonPackages(root, argv.slice(2));
  await compilePython(root);
} catch (reason) {
  tell(reason);
}
