/**
 * Compiles src/kernel/wasm/scan.rs into src/kernel/wasm/scan-wasm.ts, which is in the repository: only who changes the
 * source needs Rust 1.88 and its target, `rustup target add wasm32-unknown-unknown`.
 *
 * node scripts/build-wasm.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../src/kernel/wasm/', import.meta.url));
const OPTIONS = [
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

const scratch = mkdtempSync(join(tmpdir(), 'fanfleet-wasm-'));
try {
  const built = join(scratch, 'scan.wasm');
  execFileSync('rustc', [...OPTIONS, join(FOLDER, 'scan.rs'), '-o', built], { stdio: 'inherit' });
  const compiler = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).split(' ')[1];
  writeFileSync(
    join(FOLDER, 'scan-wasm.ts'),
    `/** scan.rs as scripts/build-wasm.mjs compiled it with Rust ${compiler}, in base64. */\n` +
      `export const SCAN_WASM =\n  '${readFileSync(built).toString('base64')}';\n`,
  );
} finally {
  rmSync(scratch, { recursive: true });
}
