/**
 * Makes an npm package of a native kernel, ready for `npm publish`, which only a workflow does (.github/workflows/native.yml).
 *
 * node scripts/package-native.mjs linux-x64-gnu --kernel native/target/release/libfanfleet_kernel.so --out packages
 *
 * With --repository https://github.com/OWNER/NAME the package names it, which npm asks for before it proves by which workflow
 * the package was made.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeKernelPackage } from './native/kernel-package.mjs';
import { PLATFORMS } from './native/platforms.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    kernel: { type: 'string' },
    out: { type: 'string', default: 'packages' },
    repository: { type: 'string' },
  },
});
const platform = PLATFORMS.find(({ name }) => name === positionals[0]);
if (platform === undefined || values.kernel === undefined) {
  process.stderr.write(
    `Expected one of ${PLATFORMS.map(({ name }) => name).join(', ')} and --kernel FILE but got: ${argv.slice(2).join(' ')}\n`,
  );
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(
      `${await writeKernelPackage(ROOT, platform, values.kernel, values.out, values.repository)}\n`,
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
