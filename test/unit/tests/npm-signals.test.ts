import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** In the place of all tests. */
const TESTS = `import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => {
  writeFileSync('ended', '');
  process.exit(1);
});
writeFileSync('began', '');
setTimeout(() => {}, 120_000);
`;

let folder: string;
let npm: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-npm-'));
});
afterEach(async () => {
  npm?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

it.each(['test', 'test:full'])('npm run %s passes on the signal that ends it', async (name) => {
  // Prepare
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { [name]: scripts[name] } }));
  await mkdir(join(folder, 'scripts'));
  await writeFile(join(folder, 'scripts/run-tests.ts'), TESTS);
  npm = spawn('npm', ['run', '--silent', name], { cwd: folder, stdio: 'ignore' });
  await expect.poll(() => existsSync(join(folder, 'began'))).toBe(true);

  // Act
  npm.kill('SIGTERM');
  await once(npm, 'exit');

  // Assess
  await expect.poll(() => existsSync(join(folder, 'ended'))).toBe(true);
});
