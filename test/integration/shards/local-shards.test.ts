import { spawnSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../cli/exit-code.ts';
import { loadAddon } from '../../../src/kernel/native-addon.ts';
import { encodeGreyPng } from '../../../src/kernel/png-writer.ts';

const CLI = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
let folder = '';

/** Grey pictures of one pixel each. */
const VALUES = { 'a.png': 10, 'b.png': 20, 's/c.png': 30 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-local-shards-'));
  mkdirSync(join(folder, 's'));
  for (const [name, value] of Object.entries(VALUES)) picture(name, value);
  writeFileSync(join(folder, 'a.txt'), 'a caption');
  const noise = Uint8Array.from({ length: 3 * 64 * 48 }, (_, at) => (at * at) % 251);
  const photo = sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
  writeFileSync(join(folder, 'photo.jpg'), await photo.jpeg().toBuffer());
});
afterAll(() => rmSync(folder, { recursive: true }));

const KERNELS = loadAddon() === undefined ? ['portable'] : ['native', 'portable'];

describe.each(KERNELS)('the %s kernel', (kernel) => {
  test('measures the members of a tar under the keys and with the rows of the files themselves', () => {
    tar('cf', 'all.tar', 's/c.png', 'photo.jpg', 'a.txt', 'b.png', 'a.png');
    const files = fanfleet('stats', '--kernel', kernel, 's/c.png', 'photo.jpg', 'b.png', 'a.png');
    const members = fanfleet('stats', '--kernel', kernel, 'all.tar');
    expect(members.stdout).toBe(files.stdout);
    expect(members.stdout.split('\n')).toHaveLength(5);
    expect(members.stderr).toContain('Left out, having no image suffix: .txt (1: all.tar/a.txt).');
    expect(members.status).toBe(EXIT.OK);
  });
});

test('a hard link has its bytes, the later of two members counts, and that is told', () => {
  picture('later/a.png', 99);
  linkSync(join(folder, 'b.png'), join(folder, 'link.png'));
  tar('cf', 'odd.tar', 'a.png', 'b.png', 'link.png');
  tar('rf', 'odd.tar', '-C', 'later', 'a.png');
  const { rows, notes } = JSON.parse(fanfleet('--json', 'stats', 'odd.tar').stdout);
  expect(sums(rows)).toEqual([
    ['a.png', 99],
    ['b.png', 20],
    ['link.png', 20],
  ]);
  expect(notes).toMatchObject([{ code: 'EARLIER_VERSIONS', count: 1 }]);
});

test('keys name the tars where two have a member of the same name', () => {
  tar('cf', '0.tar', 'a.png');
  copyFileSync(join(folder, '0.tar'), join(folder, '1.tar'));
  const { stdout, stderr } = fanfleet('stats', './1.tar', '0.tar');
  expect(sums(rowsOf(stdout))).toEqual([
    ['0.tar/a.png', 10],
    ['1.tar/a.png', 10],
  ]);
  expect(stderr).toContain('Several shards have files of the same name');
});

test('a tar that is not whole is a row of its own, after the files before the damage', () => {
  tar('cf', 'cut.tar', 'b.png', 'a.png');
  writeFileSync(join(folder, 'cut.tar'), readFileSync(join(folder, 'cut.tar')).subarray(0, 1536));
  tar('czf', 'x.tar.gz', 'a.png');
  writeFileSync(join(folder, 'noise.tar'), Buffer.alloc(600, 7));
  spawnSync('mkfifo', [join(folder, 'pipe.tar')]);
  const { stdout, status } = fanfleet('stats', 'cut.tar', 'x.tar.gz', 'noise.tar', 'pipe.tar', 's');
  expect(rowsOf(stdout).map(({ key, error }) => [key, error?.code])).toEqual([
    ['b.png', undefined],
    ['cut.tar', 'SHARD_DAMAGED'],
    ['noise.tar', 'SHARD_DAMAGED'],
    ['pipe.tar', 'NOT_A_FILE'],
    ['s/c.png', undefined],
    ['x.tar.gz', 'SHARD_COMPRESSED'],
  ]);
  expect(status).toBe(EXIT.FAILED_ITEMS);
});

test('normalise writes the members at their keys, and never outside', () => {
  tar('cf', 'up.tar', '--transform', 's,^a,../../up,', '-P', 'a.png', 's/c.png');
  const { stdout, status } = fanfleet('normalise', 'up.tar', '--out', 'out', '--format', 'npy');
  expect(rowsOf(stdout).map(({ key }) => key)).toEqual(['../../up.png', 's/c.png']);
  for (const name of ['up.png', 's/c.png']) {
    expect(
      readFileSync(join(folder, 'out', `${name}.npy`))
        .subarray(1, 6)
        .toString(),
    ).toBe('NUMPY');
  }
  expect(status).toBe(EXIT.OK);
  tar('cf', 'same.tar', './a.png', 'a.png');
  const same = fanfleet('normalise', 'same.tar', '--out', 'same');
  expect(same.stderr).toContain('OUTPUT_COLLISION');
});

function picture(name: string, value: number): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), encodeGreyPng(Uint8Array.of(value), 1, 1));
}

function tar(...args: string[]): void {
  expect(spawnSync('tar', args, { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0 });
}

function fanfleet(...args: string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: 'utf8' });
}

// biome-ignore lint/suspicious/noExplicitAny: rows as a program that reads them sees them
type Row = any;

function rowsOf(stdout: string): Row[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function sums(rows: Row[]) {
  return rows.map(({ key, sum }) => [key, sum[0]]);
}
