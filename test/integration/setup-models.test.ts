import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { setupClone } from '../support/setup-clone.ts';

const { clone, setup, nodePackages, pythonPackages } = setupClone();

const PLATFORMS = 'node_modules/onnxruntime-node/bin/napi-v6';
/** What follows the name of the command, whatever it is. */
const QUIET = / --no-audit --no-fund --fetch-\S+ --fetch-\S+/;
const ENGINE = ['--engine', 'daft'];

beforeEach(async () => {
  // An npm that notes what it is asked for, and leaves what npm does; uv has nothing to do.
  await mkdir(join(clone(), 'bin'));
  const made = `case "$*" in *omit=peer*) ;; *) for os in darwin linux win32; do mkdir -p ${PLATFORMS}/$os/x64; done;; esac`;
  const ci = `[ "$1" != ci ] || rm -rf node_modules`;
  const script = `#!/bin/sh\necho "$ONNXRUNTIME_NODE_INSTALL $@" >>calls.txt\n${ci}\nmkdir -p node_modules\n${made}\n`;
  await writeFile(join(clone(), 'bin/npm'), script, { mode: 0o755 });
  await pythonPackages();
});

const run = (...options: string[]) =>
  setup({ PATH: `${join(clone(), 'bin')}:${process.env.PATH}` }, options).stderr;
const calls = async () =>
  (await readFile(join(clone(), 'calls.txt'), 'utf8').catch(() => ''))
    .split('\n')
    .slice(0, -1)
    .map((call) => call.replace(QUIET, ''));

it('leaves out what runs models for an engine, and adds it to the others later', async () => {
  run(...ENGINE);
  run(...ENGINE);
  expect(run()).toContain('set-up: installing ONNX Runtime for Node …');
  run();
  expect(await calls()).toEqual(['skip ci --omit=peer', 'skip install --no-save --ignore-scripts']);
});

it('keeps it with a new lock file', async () => {
  run();
  await writeFile(join(clone(), 'package-lock.json'), '{}\n');
  run(...ENGINE);
  expect(await calls()).toEqual(['skip ci', 'skip ci']);
});

it('keeps of its platforms this one, and Linux for functions and hosts', async () => {
  run();
  expect(await readdir(join(clone(), PLATFORMS))).toEqual([...new Set(['linux', process.platform])].sort());
});

it('does nothing where all is there', async () => {
  await nodePackages();
  await rm(join(clone(), 'bin/npm'));
  expect(run()).toBe('');
});
