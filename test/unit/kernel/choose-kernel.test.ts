import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chooseKernel, kernelChooser } from '../../../src/kernel/choose-kernel.ts';
import { ADDON_PATH, loadAddon } from '../../../src/kernel/native-addon.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfleet-addon-'));
const nowhere = join(folder, 'kernel.node');
afterAll(() => rmSync(folder, { recursive: true }));

test('without the addon the portable kernel is taken', async () => {
  expect((await chooseKernel(undefined, nowhere)).name).toBe('wasm');
});

test('the portable kernel can be asked for where the addon is', async () => {
  expect((await chooseKernel('portable')).name).toBe('wasm');
});

test('the native kernel that was not built is an error of the user, with the remedy', async () => {
  await expect(chooseKernel('native', nowhere)).rejects.toMatchObject({
    code: 'NATIVE_KERNEL_MISSING',
    source: 'user',
    message: expect.stringContaining('npm run build:native'),
  });
});

test('an addon that cannot be loaded is not passed over in silence', async () => {
  const broken = join(folder, 'broken.node');
  writeFileSync(broken, 'not a library');
  await expect(chooseKernel(undefined, broken)).rejects.toMatchObject({ code: 'NATIVE_KERNEL_BROKEN' });
});

test('an addon that cannot be loaded is tried again by the next job', async () => {
  const path = join(folder, 'repaired.node');
  writeFileSync(path, 'not a library');
  const choose = kernelChooser(path);
  await expect(choose('auto')).rejects.toMatchObject({ code: 'NATIVE_KERNEL_BROKEN' });
  rmSync(path);
  expect((await choose('auto')).name).toBe('wasm');
  expect(await choose('auto')).toBe(await choose('auto'));
});

test.runIf(loadAddon() !== undefined)('where the addon was built it is taken', async () => {
  expect((await chooseKernel()).name).toBe('native');
  expect((await chooseKernel('native')).name).toBe('native');
  expect(ADDON_PATH).toContain(`${process.platform}-${process.arch}`);
});
