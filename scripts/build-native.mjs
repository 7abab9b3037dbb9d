/**
 * Builds the native kernel into native/dist/<platform>-<arch>/kernel.node, as set-up does where the tools are there.
 *
 * node scripts/build-native.mjs                  for this machine
 * node scripts/build-native.mjs linux-arm64      for another Linux, too: linux-x64 or linux-arm64
 *
 * Needs Rust 1.89, a C compiler, CMake, and NASM for x64. For the other Linux also Rust's target and a C compiler for it.
 */
import { arch, argv, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildKernel, kernelPath, missingTools, TARGETS } from './native/build-kernel.mjs';

const CRATE = fileURLToPath(new URL('../native/', import.meta.url));

process.exitCode = await build(argv[2] ?? `${platform}-${arch}`);

/** @param {string} target */
async function build(target) {
  if (!TARGETS.includes(target)) return fail(`Expected ${TARGETS.join(' or ')} but got ${target}.`, 2);
  const missing = missingTools(target);
  if (missing.length > 0) {
    return fail(
      `The native kernel cannot be built; without it fanfleet works, more slowly.\n${missing.join('\n')}`,
      1,
    );
  }
  const { status } = await buildKernel(CRATE, target, { show: true });
  if (status === 0) process.stdout.write(`${kernelPath(CRATE, target)}\n`);
  return status;
}

/** @param {string} message @param {number} code */
function fail(message, code) {
  process.stderr.write(`${message}\n`);
  return code;
}
