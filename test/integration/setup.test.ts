import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { setupClone } from '../support/setup-clone.ts';

/** The set-up of this very clone has left it here, unless its Python packages came from somewhere else. */
const UV = fileURLToPath(new URL('../../.fanfleet/uv/bin/uv', import.meta.url));

const { clone, setup, nodePackages, pythonPackages, unreachable } = setupClone();

/** A module that has Node call itself another version. */
function asNode(version: string): string {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const script = `Object.defineProperties(process, { version: { value: 'v${version}' }, versions: { value: ${versions} } })`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

describe('the set-up', () => {
  it('is silent where nothing has changed', async () => {
    await nodePackages();
    await pythonPackages();
    const { status, stdout, stderr } = setup();
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('makes what hosts on this machine load once, and again of other classes', async () => {
    // Prepare
    await nodePackages();
    await pythonPackages();
    const python = join(clone(), '.venv/bin/python');
    await mkdir(dirname(python));
    await writeFile(python, '#!/bin/sh\necho "$@" >> made.txt\n', { mode: 0o755 });
    const made = () => readFile(join(clone(), 'ec2-workers/made.txt'), 'utf8');

    // Act
    setup();
    setup();
    const first = await made();
    await appendFile(join(clone(), 'ec2-workers/fanfleet/clusters/spark_classes.txt'), 'java/lang/Other\n');
    setup();

    // Assess
    expect(first).toBe('-m fanfleet.local_image\n');
    expect(await made()).toBe(first.repeat(2));
  });

  it.each(['18.19.0', '20.20.2', '21.7.3'])('refuses Node %s, and ends with 2', (version) => {
    const { status, stdout, stderr } = setup({ NODE_OPTIONS: `--import=${asNode(version)}` });
    expect(stderr).toBe(
      `set-up: expected Node 22 or newer but this is v${version}.\n` +
        'set-up: Install a newer one, from nodejs.org or with a version manager, put it first on the PATH, and run this again.\n',
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each(['22.0.0', '24.21.0', '100.0.0'])('takes Node %s', async (version) => {
    await nodePackages();
    await pythonPackages();
    const { status, stderr } = setup({ NODE_OPTIONS: `--import=${asNode(version)}` });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('asks for the Node that package.json asks for', async () => {
    const script = await readFile(join(clone(), 'scripts/setup/set-up.mjs'), 'utf8');
    const { engines } = JSON.parse(await readFile(join(clone(), 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${/LEAST_NODE = (\d+)/.exec(script)?.[1]}`);
  });

  it.each([
    ['no Python at all', []],
    ['a Python that is too old', ['#!/bin/sh\necho 3 10\n']],
    ['a Python without venv', ['#!/bin/sh\necho "No module named ensurepip" >&2; exit 1\n']],
  ])('says what is missing with %s on the PATH, and ends with 2', async (_, pythons) => {
    // Prepare
    await nodePackages();
    const path = join(clone(), 'bin');
    await mkdir(path);
    await symlink(process.execPath, join(path, 'node'));
    for (const script of pythons) {
      await writeFile(join(path, 'python3'), script);
      await chmod(join(path, 'python3'), 0o755);
    }

    // Act
    const { status, stderr } = setup({ PATH: path });

    // Assess
    expect(status).toBe(2);
    expect(stderr).toBe(
      'set-up: expected Python 3.11 or newer with its venv module but found none on the PATH.\n' +
        'set-up: Install it, e.g. `apt-get install python3 python3-venv` or `brew install python`, and run this again.\n',
    );
    expect(await readdir(clone())).not.toContain('.venv');
  });

  it('says that the registry of Node cannot be reached, within seconds, and ends with 2', async () => {
    // Act
    const { status, stderr, ms } = setup(await unreachable());

    // Assess
    expect(stderr).toContain(
      'set-up: could not install Node packages, Node 24 among them: a package registry cannot be reached.',
    );
    expect(stderr).toContain('set-up: Expected a network, or a mirror set with `npm config set registry`');
    expect(status).toBe(2);
    expect(ms).toBeLessThan(60_000);
    // The next run must not take it for installed.
    expect(await readFile(join(clone(), 'node_modules/.fanfleet-lock'), 'utf8').catch(() => 'none')).toBe(
      'none',
    );
  });

  it('says that the registry of Python cannot be reached, within seconds, and ends with 2', async () => {
    await nodePackages();
    const { status, stderr, ms } = setup(await unreachable());
    expect(stderr).toMatch(/set-up: could not install uv [\d.]+: a package registry cannot be reached\./);
    expect(stderr).toContain('UV_DEFAULT_INDEX / PIP_INDEX_URL');
    expect(status).toBe(2);
    expect(ms).toBeLessThan(60_000);
  });

  it.runIf(existsSync(UV))(
    'says the same where uv is there already, and does not install it again',
    async () => {
      // Prepare
      await nodePackages();
      const script = await readFile(join(clone(), 'scripts/setup/python-packages.mjs'), 'utf8');
      const version = /UV_VERSION = '([\d.]+)'/.exec(script)?.[1] ?? '';
      await mkdir(join(clone(), '.fanfleet/uv/bin'), { recursive: true });
      await symlink(UV, join(clone(), '.fanfleet/uv/bin/uv'));
      await writeFile(join(clone(), '.fanfleet/uv/.version'), version);

      // Act
      const { status, stderr, ms } = setup(await unreachable());

      // Assess
      expect(stderr).not.toContain('installing uv');
      expect(stderr).toContain(
        'set-up: could not install Python packages: a package registry cannot be reached.',
      );
      expect(status).toBe(2);
      expect(ms).toBeLessThan(60_000);
      expect(await readFile(join(clone(), '.venv/.fanfleet-lock'), 'utf8').catch(() => 'none')).toBe('none');
    },
  );

  it('shows what the installer said, and which command it was, where it failed for another reason', async () => {
    // Prepare
    await writeFile(join(clone(), 'package.json'), '{');

    // Act
    const { status, stderr } = setup(await unreachable());

    // Assess
    expect(stderr).toContain('set-up: could not install Node packages, Node 24 among them.\n');
    expect(stderr).toContain('The command was: npm ci');
    expect(stderr).toContain('EJSONPARSE');
    expect(status).toBe(2);
  });
});
