// What the portable kernel is made of: native/ as WebAssembly, and the program of its threads.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { build } from 'esbuild';

const TARGET = 'wasm32-wasip1';
/** Its clang comes with a C library for WebAssembly. */
export const ZIG = '0.15.1';
const SCAN = 'src/kernel/wasm/scan.rs';

const CFLAGS = '-O3 -msimd128 -DNDEBUG -ffunction-sections';
const RUSTFLAGS = [
  '-Ctarget-feature=+simd128',
  '-Cpanic=abort',
  '-Clink-arg=--export-table',
  '-Clink-arg=--export=__stack_pointer',
];
const SCAN_FLAGS = [
  ['--edition', '2024'],
  ['--crate-type', 'cdylib'],
  ['--target', 'wasm32-unknown-unknown'],
  ['-C', 'target-feature=+simd128'],
  ['-C', 'opt-level=3'],
  ['-C', 'panic=abort'],
  ['-C', 'strip=symbols'],
  // A stack of one page instead of 1 MiB; nothing here recurses.
  ['-C', 'link-arg=-zstack-size=65536'],
].flat();

/** Of the processors and of Node: WebAssembly has nothing of it. */
const ELSEWHERE = /_(avx2|avx512|x86|neon|job)\.|pieces\.rs/;

/**
 * Of all that the WebAssembly is made from, and how.
 *
 * @param {string} crate the folder `native`
 */
export function wasmSourcesHash(crate) {
  const sum = createHash('sha256').update(`${[TARGET, ZIG, CFLAGS, ...RUSTFLAGS].join('\0')}\0`);
  const sources = readdirSync(join(crate, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('src', name).replaceAll('\\', '/'))
    .filter((name) => !ELSEWHERE.test(name) && statSync(join(crate, name)).isFile());
  for (const file of [...sources.sort(), 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
    sum.update(`${file}\0`).update(readFileSync(join(crate, file)));
  }
  return sum.digest('hex');
}

/**
 * Of all that the WebAssembly of the scan is made from, and how.
 *
 * @param {string} root of the repository
 */
export function scanSourcesHash(root) {
  return createHash('sha256')
    .update(`${SCAN_FLAGS.join('\0')}\0`)
    .update(readFileSync(join(root, SCAN)))
    .digest('hex');
}

/**
 * A module with the program of a thread as text, since a bundle has no file for it.
 *
 * @param {string} root of the repository
 */
export async function workerModule(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/kernel/wasm/worker.ts'],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    minify: true,
    legalComments: 'none',
  });
  const program = outputFiles[0]?.text.trim() ?? '';
  const quoted = program.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\x24{');
  return (
    '/** worker.ts and what it imports, as scripts/build-wasm.mjs bundled it. */\n' +
    `export const WORKER_SOURCE =\n  '${quoted.replaceAll('\n', '\\n')}';\n`
  );
}

/**
 * Compile native/ to WebAssembly.
 *
 * @param {string} root of the repository
 * @returns {{wasm: Buffer, rust: string}} and which Rust did it
 */
export function compileWasm(root) {
  const crate = join(root, 'native');
  const scratch = mkdtempSync(join(tmpdir(), 'fanfleet-wasm-'));
  try {
    const zig = zigIn(root);
    for (const tool of ['cc -target wasm32-wasi', 'ar']) {
      const [name = ''] = tool.split(' ');
      writeFileSync(join(scratch, name), `#!/bin/sh\nexec '${zig}' ${tool} "$@"\n`, { mode: 0o755 });
    }
    execFileSync('cargo', ['build', '--release', '--locked', '--lib', '--target', TARGET], {
      cwd: crate,
      stdio: 'inherit',
      env: {
        ...env,
        FANFLEET_LIBJPEG: join(sourceOf(crate, 'turbojpeg-sys'), 'libjpeg-turbo', 'src'),
        FANFLEET_LIBDEFLATE: join(sourceOf(crate, 'libdeflate-sys'), 'libdeflate'),
        CC_wasm32_wasip1: join(scratch, 'cc'),
        AR_wasm32_wasip1: join(scratch, 'ar'),
        // Those of the cc crate name the target in a way that Zig does not know.
        CRATE_CC_NO_DEFAULTS: '1',
        CFLAGS_wasm32_wasip1: CFLAGS,
        CARGO_ENCODED_RUSTFLAGS: [
          ...RUSTFLAGS,
          // The same bytes wherever it is built.
          `--remap-path-prefix=${env.CARGO_HOME ?? join(homedir(), '.cargo')}=/cargo`,
          `--remap-path-prefix=${root}=/fanfleet`,
        ].join('\x1f'),
      },
    });
    const wasm = readFileSync(join(crate, 'target', TARGET, 'release', 'fanfleet_kernel.wasm'));
    return { wasm, rust: rustVersion() };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * Compile the scan to WebAssembly.
 *
 * @param {string} root of the repository
 * @returns {{wasm: Buffer, rust: string}} and which Rust did it
 */
export function compileScan(root) {
  const scratch = mkdtempSync(join(tmpdir(), 'fanfleet-wasm-'));
  try {
    const built = join(scratch, 'scan.wasm');
    execFileSync('rustc', [...SCAN_FLAGS, join(root, SCAN), '-o', built], { stdio: 'inherit' });
    return { wasm: readFileSync(built), rust: rustVersion() };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function rustVersion() {
  return execFileSync('rustc', ['--version'], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

/**
 * Where cargo has a package from which the native kernel builds a library.
 *
 * @param {string} crate @param {string} wanted
 */
function sourceOf(crate, wanted) {
  const said = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: crate,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  /** @type {{packages: {name: string, manifest_path: string}[]}} */
  const { packages } = JSON.parse(said);
  const found = packages.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`Expected ${wanted} in native/Cargo.lock.`);
  return dirname(found.manifest_path);
}

/** The folder of the C library that comes with Zig. @param {string} root */
export function wasiLibc(root) {
  return join(dirname(zigIn(root)), 'lib', 'libc', 'wasi');
}

/** Zig, installed from its Python package the first time. @param {string} root */
function zigIn(root) {
  const home = join(root, '.fanfleet', `zig-${ZIG}`);
  const python = join(home, 'bin', 'python');
  if (!existsSync(join(home, '.installed'))) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(dirname(home), { recursive: true });
    execFileSync('python3', ['-m', 'venv', home]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `ziglang==${ZIG}`], { stdio: 'inherit' });
    writeFileSync(join(home, '.installed'), '');
  }
  const program = 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))';
  return execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim();
}
