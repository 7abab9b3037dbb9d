import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../support/free-ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The set-up of this very clone has left it here, unless its Python packages came from somewhere else. */
const UV = join(ROOT, '.fanfleet/uv/bin/uv');
const FILES = [
  'package.json',
  'package-lock.json',
  'pyproject.toml',
  'uv.lock',
  '.npmrc',
  'scripts/setup.mjs',
  'scripts/setup/installer.mjs',
  'scripts/setup/native-kernel.mjs',
  'scripts/native/build-kernel.mjs',
];

let folder: string;
/** The least of a clone that the set-up needs. */
let clone: string;
let clones = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-setup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  clones += 1;
  clone = join(folder, `clone-${clones}`);
  for (const place of ['setup', 'native']) await mkdir(join(clone, 'scripts', place), { recursive: true });
  for (const file of FILES) await copyFile(join(ROOT, file), join(clone, file));
});

function setup(env: NodeJS.ProcessEnv = {}) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    timeout: 90_000,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  });
  return { status, stdout, stderr, ms: performance.now() - started };
}

async function sha256(...files: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(clone, file)));
  return hash.digest('hex');
}

async function pretendInstalled(marker: string, ...locks: string[]): Promise<void> {
  await mkdir(join(clone, marker), { recursive: true });
  await writeFile(join(clone, marker, '.fanfleet-lock'), await sha256(...locks));
}
const nodePackages = () => pretendInstalled('node_modules', 'package.json', 'package-lock.json');
const pythonPackages = () => pretendInstalled('.venv', 'uv.lock');

/** Addresses of registries where nobody listens, and no cache that would do instead. */
async function unreachable(): Promise<NodeJS.ProcessEnv> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  return {
    npm_config_registry: `${url}/`,
    npm_config_cache: join(clone, 'cache', 'npm'),
    // The lock file may name another registry for each package.
    npm_config_replace_registry_host: 'always',
    PIP_INDEX_URL: `${url}/simple`,
    PIP_NO_CACHE_DIR: '1',
    UV_DEFAULT_INDEX: `${url}/simple`,
    UV_CACHE_DIR: join(clone, 'cache', 'uv'),
  };
}

/** A module that has Node call itself another version. */
function asNode(version: string): string {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const script = `Object.defineProperties(process, { version: { value: 'v${version}' }, versions: { value: ${versions} } })`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

describe('the set-up', () => {
  it('is silent and quick where nothing has changed', async () => {
    await nodePackages();
    await pythonPackages();
    const { status, stdout, stderr, ms } = setup();
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(ms).toBeLessThan(1_000);
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
    const script = await readFile(join(clone, 'scripts/setup.mjs'), 'utf8');
    const { engines } = JSON.parse(await readFile(join(clone, 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${/LEAST_NODE = (\d+)/.exec(script)?.[1]}`);
  });

  it.each([
    ['no Python at all', []],
    ['a Python that is too old', ['#!/bin/sh\necho 3 10\n']],
    ['a Python without venv', ['#!/bin/sh\necho "No module named ensurepip" >&2; exit 1\n']],
  ])('says what is missing with %s on the PATH, and ends with 2', async (_, pythons) => {
    // Prepare
    await nodePackages();
    const path = join(clone, 'bin');
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
    expect(await readdir(clone)).not.toContain('.venv');
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
    expect(await readFile(join(clone, 'node_modules/.fanfleet-lock'), 'utf8').catch(() => 'none')).toBe(
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
      const version =
        /UV_VERSION = '([\d.]+)'/.exec(await readFile(join(clone, 'scripts/setup.mjs'), 'utf8'))?.[1] ?? '';
      await mkdir(join(clone, '.fanfleet/uv/bin'), { recursive: true });
      await symlink(UV, join(clone, '.fanfleet/uv/bin/uv'));
      await writeFile(join(clone, '.fanfleet/uv/.version'), version);

      // Act
      const { status, stderr, ms } = setup(await unreachable());

      // Assess
      expect(stderr).not.toContain('installing uv');
      expect(stderr).toContain(
        'set-up: could not install Python packages: a package registry cannot be reached.',
      );
      expect(status).toBe(2);
      expect(ms).toBeLessThan(60_000);
      expect(await readFile(join(clone, '.venv/.fanfleet-lock'), 'utf8').catch(() => 'none')).toBe('none');
    },
  );

  it('shows what the installer said, and which command it was, where it failed for another reason', async () => {
    // Prepare
    await writeFile(join(clone, 'package.json'), '{');

    // Act
    const { status, stderr } = setup(await unreachable());

    // Assess
    expect(stderr).toContain('set-up: could not install Node packages, Node 24 among them.\n');
    expect(stderr).toContain('The command was: npm ci');
    expect(stderr).toContain('EJSONPARSE');
    expect(status).toBe(2);
  });
});

describe('the native kernel', () => {
  const KERNEL = `native/dist/${process.platform}-${process.arch}/kernel.node`;
  let path: string;

  /** A program on the PATH. */
  async function tool(name: string, script: string): Promise<void> {
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, name), 0o755);
  }
  /** A cargo that makes a library of the source. */
  const cargo = 'mkdir -p target/release && cp src/lib.rs target/release/libfanfleet_kernel.so';
  const kernel = () => readFile(join(clone, KERNEL), 'utf8').catch(() => 'none');

  beforeEach(async () => {
    await nodePackages();
    await pythonPackages();
    await mkdir(join(clone, 'native/src'), { recursive: true });
    for (const file of ['src/lib.rs', 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
      await writeFile(join(clone, 'native', file), 'first');
    }
    path = join(clone, 'bin');
    await mkdir(path);
    await tool('cargo', `[ "$1" = --version ] || { ${cargo}; }`);
    for (const name of ['cc', 'cmake', 'nasm']) await tool(name, '');
  });
  const withTools = () => setup({ PATH: `${path}:/usr/bin:/bin` });

  it('is built where the tools are there, and again when its sources change', async () => {
    expect(withTools().stderr).toMatch(
      /^set-up: building the native kernel …\nset-up: native kernel built in [\d.]+ s\n$/,
    );
    expect(await kernel()).toBe('first');
    expect(withTools().stderr).toBe('');
    await writeFile(join(clone, 'native/src/lib.rs'), 'second');
    expect(withTools().stderr).toContain('native kernel built');
    expect(await kernel()).toBe('second');
  });

  it('is left out in one line where its build fails, and not tried again before its sources change', async () => {
    await tool('cargo', '[ "$1" = --version ] || { echo "what went wrong" >&2; exit 101; }');
    const { status, stderr } = withTools();
    expect(stderr.split('\n')[1]).toMatch(
      /^set-up: the native kernel is left out, and images are measured by the portable one: its build failed \(.*native-kernel\.log\); `npm run build:native` tries again$/,
    );
    expect(await readFile(join(clone, '.fanfleet/logs/native-kernel.log'), 'utf8')).toBe('what went wrong\n');
    expect(status).toBe(0);
    expect(withTools().stderr).toBe('');
    await tool('cargo', `[ "$1" = --version ] || { ${cargo}; }`);
    await writeFile(join(clone, 'native/src/lib.rs'), 'second');
    expect(withTools().stderr).toContain('native kernel built');
    expect(withTools().stderr).toBe('');
  });

  it('says once what to install where a tool is missing, and keeps no kernel of other sources', async () => {
    withTools();
    await writeFile(join(clone, 'native/src/lib.rs'), 'second');
    const bare = () => setup({ PATH: path });
    await rm(join(path, 'cmake'));
    const { status, stderr } = bare();
    expect(stderr).toContain('cmake is missing (CMake, e.g. `apt-get install cmake`');
    expect(stderr).not.toContain('cargo is missing');
    expect(status).toBe(0);
    expect(await kernel()).toBe('none');
    expect(bare().stderr).toBe('');
  });

  it('does not hold up an error', async () => {
    await tool('cargo', '[ "$1" = --version ] || exec sleep 600');
    await rm(join(clone, 'node_modules'), { recursive: true });
    const { status, ms } = setup({ ...(await unreachable()), PATH: `${path}:${process.env.PATH}` });
    expect(status).toBe(2);
    expect(ms).toBeLessThan(60_000);
  });
});
