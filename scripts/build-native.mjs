/**
 * Builds the native kernel and puts it where src/kernel/native-addon.ts looks: native/dist/<platform>-<arch>/kernel.node.
 *
 * node scripts/build-native.mjs                  for this machine
 * node scripts/build-native.mjs linux-arm64      for another Linux, too: linux-x64 or linux-arm64
 *
 * Needs Rust 1.88, a C compiler, CMake, and NASM for x64: without NASM libjpeg-turbo has no SIMD, and the build stops.
 * For the other Linux also Rust's target and a C compiler for it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { arch, argv, env, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

const CRATE = fileURLToPath(new URL('../native/', import.meta.url));
const HERE = `${platform}-${arch}`;
/** @type {Readonly<Record<string, {triple: string, compiler: string}>>} */
const CROSS = {
  'linux-x64': { triple: 'x86_64-unknown-linux-gnu', compiler: 'x86_64-linux-gnu-gcc' },
  'linux-arm64': { triple: 'aarch64-unknown-linux-gnu', compiler: 'aarch64-linux-gnu-gcc' },
};

process.exitCode = build(argv[2] ?? HERE);

/** @param {string} target */
function build(target) {
  const cross = target === HERE ? undefined : CROSS[target];
  if (target !== HERE && cross === undefined) {
    return fail(`Expected ${[...new Set([HERE, ...Object.keys(CROSS)])].join(' or ')} but got ${target}.`, 2);
  }
  const needed = [
    'cargo',
    'cmake',
    ...(target.endsWith('-x64') ? ['nasm'] : []),
    ...(cross ? [cross.compiler] : []),
  ];
  const missing = needed.filter(
    (tool) => spawnSync(tool, [tool === 'nasm' ? '-v' : '--version']).error !== undefined,
  );
  if (missing.length > 0) {
    return fail(
      `Building the native kernel needs ${missing.join(', ')}; without it fanfleet works, more slowly.\n` +
        'Debian, Ubuntu: apt-get install cmake nasm; macOS: brew install cmake nasm; Rust: https://rustup.rs',
      1,
    );
  }
  const options = ['build', '--release', '--locked', '--lib', ...(cross ? ['--target', cross.triple] : [])];
  const linker = cross && `CARGO_TARGET_${cross.triple.toUpperCase().replaceAll('-', '_')}_LINKER`;
  const { status } = spawnSync('cargo', options, {
    cwd: CRATE,
    stdio: 'inherit',
    env: { ...env, ...(cross && linker ? { [linker]: cross.compiler } : {}) },
  });
  if (status !== 0) return status ?? 1;

  const folder = `${CRATE}dist/${target}`;
  mkdirSync(folder, { recursive: true });
  // A process may have the old file open: replace it, do not write into it.
  const built = `${CRATE}target/${cross ? `${cross.triple}/` : ''}release/${libraryFile(target)}`;
  copyFileSync(built, `${folder}/kernel.node.new`);
  renameSync(`${folder}/kernel.node.new`, `${folder}/kernel.node`);
  process.stdout.write(`${folder}/kernel.node\n`);
  return 0;
}

/** @param {string} target */
function libraryFile(target) {
  if (target.startsWith('win32')) return 'fanfleet_kernel.dll';
  return target.startsWith('darwin') ? 'libfanfleet_kernel.dylib' : 'libfanfleet_kernel.so';
}

/** @param {string} message @param {number} code */
function fail(message, code) {
  process.stderr.write(`${message}\n`);
  return code;
}
