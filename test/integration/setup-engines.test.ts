import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installEngine, installModels } from '../../cli/engine-packages.ts';
import type { Io } from '../../cli/io.ts';
import { setupClone } from '../support/setup-clone.ts';

const { clone, setup, nodePackages, pythonPackages } = setupClone();

const GROUPS = '--no-default-groups --group=emulator --group=engines';

/** A uv that only notes what it is asked for. @returns the groups of each call */
async function pretendUv() {
  const home = join(clone(), '.fanfleet/uv');
  const script = await readFile(join(clone(), 'scripts/setup/python-packages.mjs'), 'utf8');
  const calls = join(clone(), 'uv-calls.txt');
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'bin/uv'), `#!/bin/sh\nmkdir -p .venv\necho "$@" >>'${calls}'\n`, {
    mode: 0o755,
  });
  await writeFile(join(home, '.version'), /UV_VERSION = '([\d.]+)'/.exec(script)?.[1] ?? '');
  return async () =>
    (await readFile(calls, 'utf8').catch(() => ''))
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/^sync --locked --quiet --python \S+ ?/, ''));
}

describe('the set-up with an engine', () => {
  it('installs what runs with it need, once', async () => {
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);
    setup({}, ['--engine', 'daft']);
    expect(await calls()).toEqual([`${GROUPS} --group=daft`]);
  });

  it('keeps the engines that are there, also with a new lock file', async () => {
    // Prepare
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft', '--engine', 'dask']);

    // Act
    setup({}, ['--engine', 'spark']);
    await writeFile(join(clone(), 'uv.lock'), 'other\n');
    setup({}, ['--engine', 'daft']);

    // Assess
    const three = `${GROUPS} --group=daft --group=dask --group=spark`;
    expect((await calls()).slice(1)).toEqual([`--inexact ${three}`, three]);
  });

  it('leaves nothing out where all had been installed', async () => {
    await nodePackages();
    await pythonPackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);
    await writeFile(join(clone(), 'uv.lock'), 'other\n');
    setup({}, ['--engine', 'daft']);
    expect(await calls()).toEqual(['']);
  });

  it('installs the rest without one', async () => {
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);
    setup();
    setup({}, ['--engine', 'daft']);
    expect(await calls()).toEqual([`${GROUPS} --group=daft`, '--inexact']);
    expect(existsSync(join(clone(), '.venv/.fanfleet-engines'))).toBe(false);
  });
});

describe('installEngine', () => {
  const notes: string[] = [];
  const io = { note: (text: string) => notes.push(text) } as unknown as Io;
  const context = (stage = 'local') => ({ root: clone(), stage, io, signal: new AbortController().signal });

  it('installs what `npm start` left out, and tells of it', async () => {
    // Prepare
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);

    // Act
    await installEngine(context(), 'daft');
    await installEngine(context('prod'), 'dask');
    await installEngine(context(), 'dask');
    await installEngine(context(), 'dask');

    // Assess
    expect((await calls()).slice(1)).toEqual([`--inexact ${GROUPS} --group=daft --group=dask`]);
    expect(notes).toContain('set-up: installing Python packages for daft and dask …');
  });

  it('leaves what runs models alone where it is there, and in an account', async () => {
    await nodePackages();
    await pythonPackages();
    await rm(join(clone(), 'scripts/install-engine.mjs'));
    await expect(installModels({ ...context(), home: clone() })).resolves.toBeUndefined();
    await rm(join(clone(), 'node_modules'), { recursive: true });
    await expect(installModels({ ...context('prod'), home: clone() })).resolves.toBeUndefined();
  });

  it('installs what runs models for Python and for Node, and then deploys', async () => {
    // Prepare
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);
    expect(existsSync(join(clone(), '.venv/.fanfleet-engines'))).toBe(true);

    // Act
    const done = installModels({ ...context(), home: clone() });

    // Assess
    await expect(done).rejects.toMatchObject({ code: 'NOT_UP' });
    expect((await calls()).slice(1)).toEqual([`--inexact ${GROUPS} --group=daft --group=models`]);
  });

  it('keeps what another command installs at the same time', async () => {
    // Prepare: a uv that ends when both were called
    await nodePackages();
    const calls = await pretendUv();
    setup({}, ['--engine', 'daft']);
    const uv = join(clone(), '.fanfleet/uv/bin/uv');
    const both = `while [ $(wc -l <'${join(clone(), 'uv-calls.txt')}') -lt 3 ]; do sleep 0.05; done\n`;
    await writeFile(uv, `${await readFile(uv, 'utf8')}${both}`);

    // Act
    await Promise.all([installEngine(context(), 'dask'), installEngine(context(), 'spark')]);

    // Assess
    for (const call of (await calls()).slice(1)) expect(call).toMatch(/^--inexact /);
    const engines = await readFile(join(clone(), '.venv/.fanfleet-engines'), 'utf8');
    expect(engines.split(' ').sort()).toEqual(['daft', 'dask', 'spark']);
  });

  it('fails where they cannot be installed', async () => {
    await nodePackages();
    await pretendUv();
    setup({}, ['--engine', 'daft']);
    await writeFile(join(clone(), '.fanfleet/uv/bin/uv'), '#!/bin/sh\nexit 1\n');
    await expect(installEngine(context(), 'spark')).rejects.toMatchObject({
      code: 'NOT_INSTALLED',
      source: 'user',
    });
  });

  it('does nothing where all are there', async () => {
    await pythonPackages();
    await rm(join(clone(), 'scripts/install-engine.mjs'));
    await expect(installEngine(context(), 'spark')).resolves.toBeUndefined();
  });
});
