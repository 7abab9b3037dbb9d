import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { freePorts } from '../../localstack/free-ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = [
  'package.json',
  'package-lock.json',
  'pyproject.toml',
  'uv.lock',
  '.npmrc',
  'scripts/setup.mjs',
  'scripts/setup/installer.mjs',
  'scripts/setup/native-kernel.mjs',
  'scripts/setup/node-packages.mjs',
  'scripts/setup/own-group.mjs',
  'scripts/setup/python-packages.mjs',
  'scripts/setup/set-up.mjs',
  'scripts/start.mjs',
  'scripts/install-engine.mjs',
  'scripts/native/build-kernel.mjs',
  'scripts/native/cmake',
  'scripts/native/platforms.mjs',
  'ec2-workers/fanfleet/clusters/spark_classes.txt',
];

/** A new clone for each test, with the least that the set-up needs, and what tests do with it. */
export function setupClone() {
  let folder: string;
  let clone: string;
  let clones = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-setup-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    clones += 1;
    clone = join(folder, `clone-${clones}`);
    for (const file of FILES) {
      await mkdir(dirname(join(clone, file)), { recursive: true });
      await copyFile(join(ROOT, file), join(clone, file));
    }
  });

  function setup(env: NodeJS.ProcessEnv = {}, options: readonly string[] = []) {
    const started = performance.now();
    const command = [join(clone, 'scripts/setup.mjs'), ...options];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
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
  const nodePackages = async () => {
    await pretendInstalled('node_modules', 'package.json', 'package-lock.json');
    await mkdir(join(clone, 'node_modules/onnxruntime-node'), { recursive: true });
  };
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

  return { clone: () => clone, setup, nodePackages, pythonPackages, unreachable };
}
