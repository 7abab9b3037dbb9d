import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprintOf } from '../../../localstack/fingerprint.ts';
import { addonPath } from '../../../src/kernel/native-addon.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fanfleet-fingerprint-'));
  for (const name of ['functions/measure.ts', 'src/parse.ts', 'scripts/packaging/plugin.mjs']) write(name);
  for (const name of ['statemachine/a.yaml', 'resources/a.yml', 'ec2-workers/a.py']) write(name);
  for (const name of ['serverless.yml', 'package-lock.json', 'pyproject.toml', 'uv.lock']) write(name);
  write('native/THIRD-PARTY.txt');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text = name): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

test('is the same for the same files, and leaves out what Python compiles and what packaging builds', async () => {
  const before = await fingerprintOf(root);
  write('ec2-workers/__pycache__/a.pyc');
  write('ec2-workers/grpc/main.mjs');
  write('README.md');
  expect(await fingerprintOf(root)).toBe(before);
});

test.each(['src/parse.ts', 'scripts/packaging/plugin.mjs', 'uv.lock', 'native/THIRD-PARTY.txt'])(
  'changes with %s',
  async (name) => {
    const before = await fingerprintOf(root);
    write(name, 'changed');
    expect(await fingerprintOf(root)).not.toBe(before);
  },
);

test('changes when the native kernel is built, and when it is built anew', async () => {
  const seen = [await fingerprintOf(root)];
  const built = addonPath(root);
  mkdirSync(dirname(built), { recursive: true });
  for (const text of ['first', 'second']) {
    writeFileSync(built, text);
    seen.push(await fingerprintOf(root));
  }
  expect(new Set(seen).size).toBe(3);
});
