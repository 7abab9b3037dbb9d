import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SCRIPTS = join(import.meta.dirname, '../../../scripts');
/** In the place of all tests. */
const PART = `const { writeFileSync } = require('node:fs');
process.on('SIGTERM', () => {
  writeFileSync('ended', '');
  process.exit(1);
});
writeFileSync('began', '');
setTimeout(() => {}, 120_000);
`;
const LANES = `export const LANES = [[{ name: 'a', command: [process.execPath, 'part.cjs'], counts: true }]];`;

let folder: string;
let runner: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-tests-'));
  await mkdir(join(folder, 'scripts/tests'), { recursive: true });
  for (const file of [
    'run-tests.ts',
    'tests/part.ts',
    'tests/tally.ts',
    'tests/telling.ts',
    'tests/test-log.ts',
  ]) {
    await copyFile(join(SCRIPTS, file), join(folder, 'scripts', file));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'scripts/tests/lanes.ts'), LANES);
  await writeFile(join(folder, 'part.cjs'), PART);
});
afterEach(async () => {
  runner?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s to the runner alone ends its parts', async (signal) => {
  runner = spawn(process.execPath, ['scripts/run-tests.ts'], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: 'ignore',
  });
  await expect.poll(() => existsSync(join(folder, 'began'))).toBe(true);
  runner.kill(signal);
  expect(await once(runner, 'exit')).toEqual([1, null]);
  expect(existsSync(join(folder, 'ended'))).toBe(true);
});

it('ends with what failed, the parts and the count', async () => {
  await writeFile(join(folder, 'part.cjs'), "console.log('out of memory'); process.exit(137);");
  const child = spawn(process.execPath, ['scripts/run-tests.ts'], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  runner = child;
  const lines = (await text(child.stdout)).split('\n');
  expect(lines).toEqual([
    'a | out of memory',
    '',
    'FAILED a | ended with status 137',
    '    out of memory',
    '',
    expect.stringMatching(/^a +\d+ s {2}0 passed, 1 failed$/),
    '',
    '0 passed, 1 failed',
    '',
  ]);
});
