import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../../scripts/build-native.mjs', import.meta.url));

test('a machine that it cannot build for is a usage error that names those it can', () => {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, 'mars-x64'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/Expected .*linux-arm64.* but got mars-x64\./);
});

test('what is missing for the build is named, with the remedy', () => {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], {
    encoding: 'utf8',
    env: { ...process.env, PATH: '' },
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/cargo is missing .*rustup\.rs.*\n.*cmake is missing/s);
  expect(stderr).toContain('apt-get install');
});
