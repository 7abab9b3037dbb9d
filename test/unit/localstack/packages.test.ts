import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Packages } from '../../../localstack/packages.ts';

let root: string;
let packages: Packages;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fanfleet-packages-'));
  packages = new Packages(root);
});
afterEach(() => rmSync(root, { recursive: true }));

async function pack(madeFrom: string): Promise<void> {
  rmSync(join(root, '.serverless'), { recursive: true, force: true });
  mkdirSync(join(root, '.serverless'));
  writeFileSync(join(root, '.serverless', 'measure.zip'), `of ${madeFrom}`);
  await packages.keep(madeFrom);
}
async function read(madeFrom: string): Promise<string | undefined> {
  const folder = await packages.find(madeFrom);
  return folder && readFileSync(join(folder, 'measure.zip'), 'utf8');
}

test('gives what was packed from the same, and nothing else', async () => {
  expect(await read('a')).toBeUndefined();
  await pack('a');
  await pack('b');
  expect(await read('a')).toBe('of a');
  expect(await read('b')).toBe('of b');
  expect(await read('c')).toBeUndefined();
});

test('gives none that was forgotten', async () => {
  await pack('a');
  await packages.forget('a');
  expect(await read('a')).toBeUndefined();
});

test('keeps the three that were used last, and no halves', async () => {
  for (const madeFrom of ['a', 'b', 'c']) await pack(madeFrom);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await read('a')).toBe('of a');
  await pack('d');
  expect(await read('a')).toBe('of a');
  expect(await read('b')).toBeUndefined();
  expect(readdirSync(join(root, '.fanfleet', 'packages'))).toHaveLength(3);
});
