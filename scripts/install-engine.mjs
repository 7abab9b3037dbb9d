/**
 * Installs the packages of an engine for hosts on this machine, where set-up left them out, as `npm start` does.
 *
 * node scripts/install-engine.mjs spark
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { tell } from './setup/installer.mjs';
import { pythonPackages } from './setup/python-packages.mjs';

await pythonPackages(fileURLToPath(new URL('..', import.meta.url)), argv.slice(2)).catch(tell);
