import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly name?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

async function stepsOf(file: string): Promise<Step[]> {
  const { jobs } = parse(await readFile(join(FOLDER, file), 'utf8'));
  return Object.values<{ steps?: Step[] }>(jobs).flatMap(({ steps = [] }) => steps);
}
const packageJson = async () => JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

it.each([
  ['a release runs all tests', 'release.yml', /npm run test:full$/],
  ['a change runs those for which there is time', 'test.yml', /npm test$/],
])(
  '%s, with the Node that the project pins and the oldest Python that it takes',
  async (_, file, command) => {
    const steps = await stepsOf(file);
    const { devDependencies } = await packageJson();
    const project = await readFile(join(ROOT, 'pyproject.toml'), 'utf8');
    const versionOf = (action: string, input: string) =>
      steps.find(({ uses }) => uses?.startsWith(`actions/${action}@`))?.with?.[input];
    expect(steps.at(-1)?.run).toMatch(command);
    expect(versionOf('setup-node', 'node-version')).toBe(devDependencies.node.split('.')[0]);
    expect(versionOf('setup-python', 'python-version')).toBe(/requires-python = ">=(.*)"/.exec(project)?.[1]);
  },
);

it('workflows name actions by a version or a commit, and scripts that there are', async () => {
  const { scripts } = await packageJson();
  for (const file of await readdir(FOLDER)) {
    for (const { uses, run = '' } of await stepsOf(file)) {
      if (uses?.startsWith('./') === false) expect(uses, file).toMatch(/@(v\d+(\.\d+)*|[0-9a-f]{40})$/);
      for (const [, script = ''] of run.matchAll(/npm run (?:--\S+ )*([\w:-]+)/g))
        expect(scripts, file).toHaveProperty([script]);
    }
  }
});

it('the WebAssembly that is committed is compared with what its sources and its Rust give', async () => {
  const { jobs, on } = parse(await readFile(join(FOLDER, 'native.yml'), 'utf8'));
  const runs = jobs.wasm.steps.map(({ run = '' }: Step) => run).join('\n');
  expect(runs).toMatch(/npm run build:wasm\n.*git diff --exit-code .*src\/kernel\/wasm/s);
  const [, pattern = ''] = /sed -n 's\/(.*)\/\\1\/p'/.exec(runs) ?? [];
  const generated = await readFile(join(ROOT, 'src/kernel/wasm/kernel-wasm.ts'), 'utf8');
  const version = new RegExp(pattern.replaceAll(/\\([()])/g, '$1')).exec(generated)?.[1];
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  for (const path of [
    'native/**',
    'src/kernel/**',
    'scripts/native/**',
    'scripts/setup/**',
    'scripts/packaging/addon.mjs',
  ]) {
    expect(on.pull_request.paths).toContain(path);
  }
  expect(jobs.publish.needs).toContain('wasm');
});

describe('the publication of the native kernels', () => {
  let folder: string;
  /** Says of `b` that it is published, and notes what else it is asked for. */
  const NPM = `#!/bin/sh
case "$1 $2" in
  "view @fanfleet/b@1.2.3") echo 1.2.3 ;;
  "view "*) echo E404 >&2; exit 1 ;;
  *) echo "$@" >>done ;;
esac
`;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-publish-'));
    for (const name of ['a', 'b', 'c']) {
      await mkdir(join(folder, 'packages', name), { recursive: true });
      const manifest = { name: `@fanfleet/${name}`, version: '1.2.3' };
      await writeFile(join(folder, 'packages', name, 'package.json'), JSON.stringify(manifest));
    }
    await writeFile(join(folder, 'npm'), NPM);
    await chmod(join(folder, 'npm'), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function publish(tag: string) {
    const step = (await stepsOf('native.yml')).find(({ name }) => name === 'Publish the packages');
    const env = { PATH: `${folder}:${process.env.PATH}`, GITHUB_REF_NAME: tag };
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-e', '-c', step?.run ?? ''], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    const done = await readFile(join(folder, 'done'), 'utf8').catch(() => '');
    return { status, stdout, stderr, done };
  }

  it('leaves out what an earlier attempt has published', async () => {
    expect(await publish('v1.2.3')).toEqual({
      status: 0,
      stdout: '@fanfleet/b@1.2.3 is published already\n',
      stderr: '',
      done: 'publish ./packages/a/\npublish ./packages/c/\n',
    });
  });

  it('publishes nothing under a tag that is not the version', async () => {
    const { status, stderr, done } = await publish('v1.2.4');
    expect([status, done]).toEqual([1, '']);
    expect(stderr).toContain('Expected the tag v1.2.3');
  });
});
