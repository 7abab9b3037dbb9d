// Builds the native kernel and puts it where src/kernel/native-addon.ts looks: native/dist/<platform>-<arch>/kernel.node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { arch, env, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { spawnGroup } from '../setup/own-group.mjs';

const HERE = `${platform}-${arch}`;
/** Builds no more of libjpeg-turbo than is linked. */
const CMAKE = fileURLToPath(new URL('cmake', import.meta.url));
/** @type {Readonly<Record<string, {triple: string, compiler: string}>>} */
const CROSS = {
  'linux-x64': { triple: 'x86_64-unknown-linux-gnu', compiler: 'x86_64-linux-gnu-gcc' },
  'linux-arm64': { triple: 'aarch64-unknown-linux-gnu', compiler: 'aarch64-linux-gnu-gcc' },
};

/** What it can be built for on this machine. */
export const TARGETS = [...new Set([HERE, ...Object.keys(CROSS)])];

/** @param {string} crate the folder `native` @param {string} target such as `linux-x64` */
export function kernelPath(crate, target) {
  return join(crate, 'dist', target, 'kernel.node');
}

/**
 * What is missing to build it, and how to get it.
 *
 * @param {string} target
 * @returns {string[]} nothing if all is there
 */
export function missingTools(target) {
  const cross = crossOf(target);
  /** @type {[string, string][]} */
  const tools = [
    ['cargo', 'Rust 1.89 or newer, https://rustup.rs'],
    [
      cross?.compiler ?? 'cc',
      'a C compiler, e.g. `apt-get install gcc libc6-dev` or `xcode-select --install`',
    ],
    ['cmake', 'CMake, e.g. `apt-get install cmake` or `brew install cmake`'],
    // Without it libjpeg-turbo would have no SIMD.
    ...(target.endsWith('-x64')
      ? [
          /** @type {[string, string]} */ ([
            'nasm',
            'NASM, e.g. `apt-get install nasm` or `brew install nasm`',
          ]),
        ]
      : []),
  ];
  return (
    tools
      // rustup has a `cargo` also where it has no toolchain; it then fails.
      .filter(([name]) => {
        const { status, signal } = spawnSync(name, [name === 'nasm' ? '-v' : '--version']);
        // What a Ctrl-C has ended is not missing.
        return status !== 0 && signal === null;
      })
      .map(([name, how]) => `${name} is missing (${how})`)
  );
}

/**
 * Of all that it is made from.
 *
 * @param {string} crate
 */
export function sourcesHash(crate) {
  const sum = createHash('sha256');
  const files = readdirSync(join(crate, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join('src', name),
  );
  for (const file of [...files.sort(), 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
    const path = join(crate, file);
    if (statSync(path).isFile()) sum.update(`${file}\0`).update(readFileSync(path));
  }
  return sum.digest('hex');
}

/**
 * Build it. What it is made from is noted beside it.
 *
 * @param {string} crate @param {string} target
 * @param {{signal?: AbortSignal, show?: boolean}} [options] what ends it; whether what cargo says is shown, and not given back
 * @returns {Promise<{status: number, output: string}>}
 */
export async function buildKernel(crate, target, { signal, show = false } = {}) {
  const output = show ? 'inherit' : 'pipe';
  const cross = crossOf(target);
  const sources = sourcesHash(crate);
  const options = ['build', '--release', '--locked', '--lib', ...(cross ? ['--target', cross.triple] : [])];
  const linker = cross && `CARGO_TARGET_${cross.triple.toUpperCase().replaceAll('-', '_')}_LINKER`;
  const environment = {
    // A program in the shell's language, which Windows would not start.
    ...(platform === 'win32' ? {} : { CMAKE }),
    ...env,
    ...(cross && linker ? { [linker]: cross.compiler } : {}),
  };
  const cargo = spawnGroup(
    'cargo',
    options,
    { cwd: crate, stdio: ['ignore', output, output], env: environment },
    signal,
  );
  let said = '';
  for (const stream of [cargo.stdout, cargo.stderr]) {
    stream?.on('data', (text) => {
      said += text;
    });
  }
  const status = await new Promise((resolve) => {
    cargo.on('error', () => resolve(1));
    cargo.on('close', (code) => resolve(code ?? 1));
  });
  if (status !== 0) return { status, output: said };

  const built = join(crate, 'target', cross?.triple ?? '', 'release', libraryFile(target));
  const kernel = kernelPath(crate, target);
  mkdirSync(join(kernel, '..'), { recursive: true });
  // A process may have the old file open: replace it, do not write into it.
  copyFileSync(built, `${kernel}.new`);
  renameSync(`${kernel}.new`, kernel);
  writeFileSync(`${kernel}.sources`, sources);
  return { status, output: said };
}

/** @param {string} target */
function crossOf(target) {
  return target === HERE ? undefined : CROSS[target];
}

/** @param {string} target */
function libraryFile(target) {
  if (target.startsWith('win32')) return 'fanfleet_kernel.dll';
  return target.startsWith('darwin') ? 'libfanfleet_kernel.dylib' : 'libfanfleet_kernel.so';
}
