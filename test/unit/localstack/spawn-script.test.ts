import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spawnScript } from '../../../localstack/ec2/hosts/spawn-script.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-script-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('waits for a script that is still open to be written', async () => {
  const script = join(folder, 'busy');
  await writeFile(script, '#!/bin/sh\nexit 7\n', { mode: 0o700 });
  const writing = await open(script, 'a');
  let isOpen = true;
  setTimeout(async () => {
    isOpen = false;
    await writing.close();
  }, 100);
  const child = await spawnScript(script, { stdio: 'ignore' });
  expect(isOpen).toBe(false);
  expect(await once(child, 'exit')).toEqual([7, null]);
});

it('says at once what else is wrong', async () => {
  const child = await spawnScript(join(folder, 'none'), { stdio: 'ignore' });
  const [error] = await once(child, 'error');
  expect(error).toMatchObject({ code: 'ENOENT' });
});
