import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let clone: string;
let bin: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'fanfleet-ci-'));
  bin = join(clone, 'bin');
  await mkdir(join(clone, '.ci'));
  await mkdir(bin);
  await copyFile(join(ROOT, '.ci/run'), join(clone, '.ci/run'));
  await copyFile(join(ROOT, 'package.json'), join(clone, 'package.json'));
  // It writes down each call with the Node that it has, and installs a Node of the version that it is asked for.
  await program('npm', [
    'echo "$* with $(node --version)" >> "$CALLS"',
    'case $1 in install)',
    '  mkdir -p .fanfleet/node/node_modules/.bin',
    '  for package; do version=$(sed s/.*@// <<< "$package"); done',
    '  printf "#!/bin/sh\\necho v$version\\n" > .fanfleet/node/node_modules/.bin/node',
    '  chmod +x .fanfleet/node/node_modules/.bin/node',
    'esac',
    'exit "$STATUS"',
  ]);
});
afterEach(() => rm(clone, { recursive: true, force: true }));

async function program(name: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(bin, name), ['#!/bin/bash', ...lines, ''].join('\n'));
  await chmod(join(bin, name), 0o755);
}

/** A Node that calls itself another version, and else is this one. */
async function machineHasNode(version: string): Promise<void> {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const disguise = `Object.defineProperty(process, 'versions', { value: ${versions} })`;
  await writeFile(join(clone, 'disguise.cjs'), disguise);
  await program('node', [
    `if [ "$1" = --version ]; then echo v${version}; exit; fi`,
    `exec '${process.execPath}' --require '${join(clone, 'disguise.cjs')}' "$@"`,
  ]);
}

async function run(env: NodeJS.ProcessEnv = {}) {
  const calls = join(clone, 'calls');
  const { status, stdout } = spawnSync('bash', [join(clone, '.ci/run')], {
    encoding: 'utf8',
    cwd: tmpdir(),
    env: { PATH: `${bin}:/usr/bin:/bin`, CALLS: calls, STATUS: '0', ...env },
  });
  return { status, stdout, calls: (await readFile(calls, 'utf8')).trim().split('\n') };
}

describe('.ci/run', () => {
  it('runs the tests with the Node of the machine where that is new enough', async () => {
    await machineHasNode('22.11.0');
    expect(await run()).toEqual({ status: 0, stdout: '', calls: ['test with v22.11.0'] });
  });

  it('brings the Node that the project pins where that of the machine is too old, and says so', async () => {
    await machineHasNode('20.20.2');
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const pinned = devDependencies.node;
    const { status, stdout, calls } = await run();
    expect(stdout).toBe(
      `ci: expected Node 22 or newer but found v20.20.2: installing Node ${pinned} from npm into .fanfleet/node\n` +
        `ci: going on with Node v${pinned}\n`,
    );
    expect(calls).toEqual([
      expect.stringMatching(
        /^install --prefix \.fanfleet\/node .* node-[a-z\d]+-[a-z\d]+@[\d.]+ with v20\.20\.2$/,
      ),
      `test with v${pinned}`,
    ]);
    expect(status).toBe(0);
  });

  it('fails where the tests fail, and where Node cannot be brought', async () => {
    await machineHasNode('24.1.0');
    expect((await run({ STATUS: '3' })).status).toBe(3);
    await machineHasNode('20.20.2');
    expect((await run({ STATUS: '1' })).status).toBe(1);
  });

  it('ends with the tests when it is ended by a signal', async () => {
    // Prepare
    await machineHasNode('24.1.0');
    await program('npm', ['echo $$ > "$CALLS"', 'exec sleep 60']);
    const calls = join(clone, 'calls');
    const ci = spawn('bash', [join(clone, '.ci/run')], {
      env: { PATH: `${bin}:/usr/bin:/bin`, CALLS: calls },
      stdio: 'ignore',
    });
    await expect.poll(() => readFile(calls, 'utf8').catch(() => '')).not.toBe('');
    const tests = Number(await readFile(calls, 'utf8'));

    // Act
    ci.kill('SIGTERM');
    await once(ci, 'exit');

    // Assess
    expect(() => process.kill(tests, 0)).toThrow('ESRCH');
  });

  it('asks for the Node that package.json asks for', async () => {
    const { engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(await readFile(join(ROOT, '.ci/run'), 'utf8')).toContain(`LEAST_NODE=${engines.node.slice(2)}\n`);
  });
});
