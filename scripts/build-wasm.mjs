/**
 * Makes what is generated in src/kernel/wasm, which is in the repository: only who changes the sources needs to.
 *
 * npm run build:wasm                    native/ into kernel-wasm.ts, scan.rs into scan-wasm.ts, worker-source.ts, and
 *                                       the licences of what is in them into native/THIRD-PARTY.txt
 * npm run build:wasm -- worker          only worker-source.ts, from worker.ts and what it imports
 *
 * Needs Rust 1.89 with its targets, `rustup target add wasm32-wasip1 wasm32-unknown-unknown`, and python3, by which it
 * installs Zig into .fanfleet/ for its C compiler.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { allLicences } from './native/licences.mjs';
import {
  compileScan,
  compileWasm,
  scanSourcesHash,
  wasiLibc,
  wasmSourcesHash,
  workerModule,
  ZIG,
} from './native/wasm.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const FOLDER = join(ROOT, 'src', 'kernel', 'wasm');

await writeWorker();
if (argv[2] !== 'worker') {
  writeKernel();
  writeScan();
  writeLicences();
}

async function writeWorker() {
  write('worker-source.ts', await workerModule(ROOT));
}

function writeKernel() {
  const { wasm, rust } = compileWasm(ROOT);
  const compressed = brotliCompressSync(wasm, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
  write(
    'kernel-wasm.ts',
    `/** What kernel-wasm was compiled from: \`wasmSourcesHash\` of scripts/native/wasm.mjs. */\n` +
      `export const KERNEL_SOURCES = '${wasmSourcesHash(join(ROOT, 'native'))}';\n` +
      `/** native/ as scripts/build-wasm.mjs compiled it with Rust ${rust} and Zig ${ZIG}: in base64, compressed by brotli. */\n` +
      `export const KERNEL_WASM =\n  '${compressed.toString('base64')}';\n`,
  );
}

function writeScan() {
  const { wasm, rust } = compileScan(ROOT);
  write(
    'scan-wasm.ts',
    `/** What scan-wasm was compiled from: \`scanSourcesHash\` of scripts/native/wasm.mjs. */\n` +
      `export const SCAN_SOURCES = '${scanSourcesHash(ROOT)}';\n` +
      `/** scan.rs as scripts/build-wasm.mjs compiled it with Rust ${rust}, in base64. */\n` +
      `export const SCAN_WASM =\n  '${wasm.toString('base64')}';\n`,
  );
}

function writeLicences() {
  const crate = join(ROOT, 'native');
  writeFileSync(
    join(crate, 'THIRD-PARTY.txt'),
    `The licences of what is linked into the native kernel (native/dist) and the portable one (src/kernel/wasm/kernel-wasm.ts).\n\n${allLicences(crate, 'x86_64-unknown-linux-gnu', wasiLibc(ROOT))}`,
  );
}

/** @param {string} name @param {string} text */
function write(name, text) {
  writeFileSync(join(FOLDER, name), text);
}
