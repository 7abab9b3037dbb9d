/**
 * Sets everything up.
 *
 * node scripts/setup.mjs                  all
 * node scripts/setup.mjs --engine daft    of the packages of Python only what runs with this engine need; several may be given
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from './setup/set-up.mjs';

const { engine } = parseArgs({ options: { engine: { type: 'string', multiple: true } } }).values;
// Not import.meta.dirname, which a Node that is refused may not have.
const { packages, rest } = setUp(fileURLToPath(new URL('..', import.meta.url)), engine);
await packages;
await rest;
