import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installSharp } from '../../scripts/packaging/sharp-layer.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whether the sharp of this clone is one for functions. */
const fits =
  process.platform === 'linux' && JSON.stringify(process.report.getReport()).includes('glibcVersionRuntime');

let folder: string;
let layer: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-layer-'));
  layer = join(folder, 'layer');
  // No npm: what is there has to do.
  vi.stubEnv('PATH', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it.runIf(fits)('has the sharp of this machine where it is for the same processor, without npm', async () => {
  await installSharp(ROOT, layer, process.arch);
  const script = `require('sharp')({create: {width: 8, height: 8, channels: 3, background: 'red'}}).jpeg().toBuffer()
    .then(({length}) => console.log(length > 100, require.resolve('sharp')))`;
  const said = execFileSync(process.execPath, ['-e', script], {
    cwd: join(layer, 'nodejs'),
    encoding: 'utf8',
  });
  expect(said.trim()).toBe(`true ${join(layer, 'nodejs/node_modules/sharp/dist/index.cjs')}`);
});

it('leaves another processor to npm', async () => {
  const other = process.arch === 'x64' ? 'arm64' : 'x64';
  await expect(installSharp(ROOT, layer, other)).rejects.toThrow('spawn npm ENOENT');
});

it('leaves another version than the locked one to npm', async () => {
  // Prepare
  mkdirSync(join(folder, 'root'));
  for (const name of ['node_modules', 'package.json'])
    symlinkSync(join(ROOT, name), join(folder, 'root', name));
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  lock.packages['node_modules/detect-libc'].integrity = 'sha512-another';
  writeFileSync(join(folder, 'root/package-lock.json'), JSON.stringify(lock));

  // Act, assess
  await expect(installSharp(join(folder, 'root'), layer, process.arch)).rejects.toThrow('spawn npm ENOENT');
});
