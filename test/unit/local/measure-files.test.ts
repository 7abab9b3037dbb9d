import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedRow } from '../../../src/contract/row.ts';
import type { Kernel, Prepared } from '../../../src/kernel/kernel.ts';
import { type LocalFilesOptions, measureLocalFiles } from '../../../src/local/measure-files.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-local-'));
  for (const name of ['b.png', 'a/z.jpg', 'a/b/c.jpg', 'a b.txt', '\u{1f600}.png', '\u{ff5e}.png']) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
  await symlink(join(folder, 'b.png'), join(folder, 'link.png'));
  await symlink(folder, join(folder, 'loop'));
});
afterAll(() => rm(folder, { recursive: true }));

const refused = (key: string) => ({ row: failedRow(key, 'NOT_AN_IMAGE'), decodeMs: 0, computeMs: 0 });

/** A kernel that refuses everything, and tells how many images were in the works at most. */
function refusing(workingBytes = 0): Kernel & { most: number } {
  let running = 0;
  const kernel = {
    name: 'refusing',
    most: 0,
    prepare: (_: Buffer, key: string) => ({
      key,
      workingBytes,
      mostBytes: () => workingBytes,
      measure: async () => {
        running += 1;
        kernel.most = Math.max(kernel.most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return refused(key);
      },
      normalisingBytes: () => workingBytes,
      normalise: async () => refused(key),
      histogram: async () => refused(key),
      approximate: async () => refused(key),
      pixelsBytes: workingBytes,
      pixels: async () => ({ failed: refused(key).row, decodeMs: 0 }),
      tensorBytes: () => workingBytes,
    }),
  };
  return kernel;
}

async function keysOf(paths: string[], options: Partial<LocalFilesOptions> = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const { row } of measureLocalFiles(paths, {
    kernel: refusing(),
    operation: 'stats',
    ...options,
  })) {
    keys.push(row.key.replace(folder, ''));
  }
  return keys;
}

test('all files of a folder come in key order, by UTF-8 bytes, and a link to a folder is not followed', async () => {
  const expected = [
    '/a b.txt',
    '/a/b/c.jpg',
    '/a/z.jpg',
    '/b.png',
    '/link.png',
    '/\u{ff5e}.png',
    '/\u{1f600}.png',
  ];
  expect(await keysOf([folder])).toEqual(expected);
  expect(await keysOf([`${folder}/`])).toEqual(expected);
});

test('a file that is named is measured whatever `accept` says, and only once', async () => {
  const accept = (key: string) => key.endsWith('.jpg');
  expect(await keysOf([`${folder}/b.png`, folder, `${folder}/a`], { accept })).toEqual([
    '/a/b/c.jpg',
    '/a/z.jpg',
    '/b.png',
  ]);
});

test('no more images than `overlap` are in the works, and no more bytes than `memoryBytes`', async () => {
  const wide = refusing(10);
  await keysOf([folder], { kernel: wide, overlap: 3 });
  expect(wide.most).toBeLessThanOrEqual(3);
  const narrow = refusing(1_000);
  expect(await keysOf([folder], { kernel: narrow, overlap: 3, memoryBytes: 900 })).toHaveLength(7);
  expect(narrow.most).toBe(1);
});

test('small files are measured together where the kernel can, up to 64 KiB or their share of memory', async () => {
  const sizes = new Map([...'abcdefgh'].map((name) => [name, name === 'd' ? 70_000 : 20_000]));
  const many = await mkdtemp(join(tmpdir(), 'fanfleet-local-'));
  for (const [name, size] of sizes) await writeFile(join(many, name), Buffer.alloc(size));
  const measureIn = async (options: Partial<LocalFilesOptions>, workingBytes = 0) => {
    const keys = new WeakMap<Prepared, string>();
    const groups: number[] = [];
    const single = refusing(workingBytes);
    const kernel: Kernel = {
      name: 'grouping',
      prepare: (input, key) => {
        const prepared = single.prepare(input, key);
        keys.set(prepared, key);
        return prepared;
      },
      measureAll: async (images) => {
        groups.push(images.length);
        return images.map((image) => refused(keys.get(image) ?? ''));
      },
    };
    const all = await keysOf([many], { kernel, ...options });
    expect(all.map((key) => key.replace(many, ''))).toEqual([...sizes.keys()].map((name) => `/${name}`));
    return groups;
  };
  expect(await measureIn({})).toEqual([3, 3]);
  expect(await measureIn({ overlap: 2, memoryBytes: 100_000 }, 5_000)).toEqual([2, 2, 2]);
  await rm(many, { recursive: true });
});

test('a path that is not there is named', async () => {
  await expect(keysOf([`${folder}/none`])).rejects.toMatchObject({ code: 'PATH_NOT_FOUND', source: 'user' });
  await expect(keysOf([`${folder}/none`])).rejects.toThrow(`${folder}/none`);
});

test('each thing that cannot be read is a row of its own, and nothing else is lost', async () => {
  // Prepare
  const odd = await mkdtemp(join(tmpdir(), 'fanfleet-odd-'));
  await writeFile(join(odd, 'ok.png'), 'ok');
  await writeFile(Buffer.from(`${odd}/caf\xe9.png`, 'latin1'), 'latin1');
  await writeFile(join(odd, 'caf\\xe9.png'), 'text');
  await mkdir(Buffer.from(`${odd}/\xff`, 'latin1'));
  await writeFile(Buffer.from(`${odd}/\xff/in.png`, 'latin1'), 'in');
  await mkdir(join(odd, 'folder.png/empty'), { recursive: true });
  await writeFile(join(odd, 'folder.png/x.png'), 'x');
  await symlink('nowhere', join(odd, 'missing.png'));
  await symlink('nowhere', join(odd, 'README'));
  await symlink('loop.png', join(odd, 'loop.png'));
  await symlink('folder.png', join(odd, 'link.png'));
  await symlink('/dev/zero', join(odd, 'zero.png'));
  spawnSync('mkfifo', [join(odd, 'pipe.png')]);
  await writeFile(join(odd, 'large.png'), '');
  await truncate(join(odd, 'large.png'), 2 ** 31);
  await writeFile(join(odd, `${'n'.repeat(251)}.png`), 'long');
  await writeFile(join(odd, '.hidden.png'), 'hidden');
  await writeFile(join(odd, 'e\u0301.PNG'), 'NFD');
  await writeFile(join(odd, '\u00e9.PNG'), 'NFC');

  // Act
  const rows: string[][] = [];
  const accept = (name: string) => /\.png$/i.test(name);
  const options = { kernel: refusing(), operation: 'stats', accept } as const;
  for await (const { row } of measureLocalFiles([odd], options)) {
    rows.push([row.key.slice(odd.length + 1), 'error' in row ? row.error.code : '']);
  }

  // Assess
  expect(rows).toEqual([
    ['.hidden.png', 'NOT_AN_IMAGE'],
    ['\\xff/in.png', 'NOT_AN_IMAGE'],
    ['caf\\xe9.png', 'NOT_AN_IMAGE'],
    ['caf\\xe9.png', 'NOT_AN_IMAGE'],
    ['e\u0301.PNG', 'NOT_AN_IMAGE'],
    ['folder.png/x.png', 'NOT_AN_IMAGE'],
    ['large.png', 'FILE_UNREADABLE'],
    ['loop.png', 'FILE_UNREADABLE'],
    ['missing.png', 'FILE_MISSING'],
    [`${'n'.repeat(251)}.png`, 'NOT_AN_IMAGE'],
    ['ok.png', 'NOT_AN_IMAGE'],
    ['pipe.png', 'NOT_A_FILE'],
    ['zero.png', 'NOT_A_FILE'],
    ['\u00e9.PNG', 'NOT_AN_IMAGE'],
  ]);
  await rm(odd, { recursive: true });
});

test('a file whose name is the text of another one that is not UTF-8 is read itself', async () => {
  const twins = await mkdtemp(join(tmpdir(), 'fanfleet-twins-'));
  await writeFile(Buffer.from(`${twins}/\xe9`, 'latin1'), 'bytes');
  await writeFile(join(twins, '\\xe9'), 'text');
  const inputs: string[] = [];
  const kernel: Kernel = {
    ...refusing(),
    prepare: (input, key) => {
      inputs.push(input.toString());
      return refusing().prepare(input, key);
    },
  };
  await keysOf([twins], { kernel });
  expect(inputs.sort()).toEqual(['bytes', 'text']);
  await rm(twins, { recursive: true });
});

test('a folder that is too deep to be opened is a row, and those above it are measured', async () => {
  const deep = await mkdtemp(join(tmpdir(), 'fanfleet-deep-'));
  const step = 'f'.repeat(200);
  await writeFile(join(deep, 'top.png'), 'top');
  // No path may have as many bytes as this one, so each folder is made from within the one before.
  const script = `const fs = require('fs');
    for (let i = 0; i < 22; i += 1) { fs.mkdirSync('${step}'); process.chdir('${step}'); }
    fs.writeFileSync('x.png', 'x');`;
  expect(spawnSync(process.execPath, ['-e', script], { cwd: deep }).status).toBe(0);
  const rows = (
    await Array.fromAsync(measureLocalFiles([deep], { kernel: refusing(), operation: 'stats' }))
  ).map(({ row }) => row);
  expect(rows.map((row) => 'error' in row && row.error.code)).toEqual(['FOLDER_UNREADABLE', 'NOT_AN_IMAGE']);
  expect(rows[0]?.key.endsWith(`/${step}/`)).toBe(true);
  spawnSync('rm', ['-r', deep]); // which Node cannot
});
