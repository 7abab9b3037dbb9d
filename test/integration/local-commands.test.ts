import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { loadAddon } from '../../src/kernel/native-addon.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-local-commands-'));
  for (const name of ['a', 'b/a']) {
    mkdirSync(join(folder, 'in', name, '..'), { recursive: true });
    const noise = Uint8Array.from({ length: 3 * 40 * 30 }, (_, at) => 20 + ((at * at) % (90 + name.length)));
    const picture = sharp(noise, { raw: { width: 40, height: 30, channels: 3 } });
    writeFileSync(join(folder, 'in', `${name}.jpg`), await picture.jpeg().toBuffer());
  }
  writeFileSync(join(folder, 'in/text.jpg'), 'text');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('stats of 16 bits', () => {
  beforeAll(async () => {
    const values = Uint16Array.from({ length: 256 }, (_, value) => value);
    const raw = { width: 16, height: 16, channels: 1, premultiplied: false } as const;
    mkdirSync(join(folder, 'deep'));
    const low = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
    writeFileSync(join(folder, 'deep/low.png'), low);
    writeFileSync(join(folder, 'deep/plain.jpg'), readFileSync(join(folder, 'in/a.jpg')));
  });

  test('are by the high 8 bits, and say that the others were dropped', () => {
    const { status, stdout, stderr } = fanfleet('stats', 'deep');
    expect(rowsOf(stdout)[0]).toMatchObject({ key: 'deep/low.png', channels: 3, max: [0, 0, 0] });
    expect(stderr).toContain(
      '1 image has 16 bits; the low 8 were dropped: fanfleet stats --depth native keeps them.',
    );
    expect(JSON.parse(fanfleet('--json', 'stats', 'deep', '--histogram').stdout)).toMatchObject({
      ...{ depth: '8', droppedBits: 1 },
    });
    expect(status).toBe(EXIT.OK);
  });

  test.each(['native', 'portable'].slice(loadAddon() === undefined ? 1 : 0))(
    'with --depth native are by all of them, by the %s kernel, and rows of 8 bits are as they were',
    (kernel) => {
      const { stdout, stderr } = fanfleet('stats', 'deep', '--depth', 'native', '--kernel', kernel);
      const [low, plain] = stdout.split('\n');
      expect(JSON.parse(low ?? '')).toEqual({
        ...{ key: 'deep/low.png', width: 16, height: 16, channels: 3, depth: 16 },
        ...{ sum: [32_640, 32_640, 32_640], sumSq: [5_559_680, 5_559_680, 5_559_680] },
        ...{ min: [0, 0, 0], max: [255, 255, 255], mean_e6: [127_500_000, 127_500_000, 127_500_000] },
      });
      expect(plain).toBe(fanfleet('stats', 'deep').stdout.split('\n')[1]);
      expect(stderr).not.toContain('dropped');
    },
  );

  test('have the values that occur in their histograms', () => {
    const [low, plain] = rowsOf(fanfleet('stats', 'deep', '--histogram', '--depth', 'native').stdout);
    expect(low.histogram[2]).toEqual(Array.from({ length: 512 }, (_, at) => (at % 2 === 0 ? at / 2 : 1)));
    expect(plain.histogram[0]).toHaveLength(256);
    expect(fanfleet('stats', 'deep', '--approx', '--depth', 'native').status).toBe(EXIT.USAGE);
  });
});

describe('normalise', () => {
  test('writes each copy at its path and prints the rows in key order', () => {
    const { status, stdout, stderr } = fanfleet('normalise', 'in', '--out', 'out', '--format', 'npy');
    const rows = rowsOf(stdout);
    expect(rows.map(({ key }) => key)).toEqual(['in/a.jpg', 'in/b/a.jpg', 'in/text.jpg']);
    for (const { key, output } of rows.slice(0, 2)) {
      expect(hash('sha256', readFileSync(join(folder, 'out', `${key}.npy`)))).toBe(output.sha256);
    }
    expect(rows[2].error.code).toBe('NOT_AN_IMAGE');
    expect(existsSync(join(folder, 'out/in/text.jpg.npy'))).toBe(false);
    expect(stderr).toContain('1 of 3 images could not be normalised.');
    expect(status).toBe(EXIT.FAILED_ITEMS);
  });

  test('takes every setting', async () => {
    const settings = ['--format', 'jpeg', '--channels', 'each', '--quality', '35', '--kernel', 'portable'];
    const { status, stdout } = fanfleet('--json', 'normalise', 'in/a.jpg', '--out', 'small', ...settings);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ kernel: 'wasm', operation: 'normalise', out: 'small', failed: 0 },
      normalisation: { format: 'jpeg', channels: 'each', quality: 35 },
      rows: [{ key: 'in/a.jpg', output: { pixels_crc32: expect.any(Number) } }],
    });
    expect(await sharp(join(folder, 'small/in/a.jpg.jpg')).metadata()).toMatchObject({ format: 'jpeg' });
    expect(status).toBe(EXIT.OK);
  });

  test('never writes outside the folder, nor two copies to one file', () => {
    const outside = fanfleet('normalise', `${folder}/in/b/../a.jpg`, '--out', 'below');
    expect(outside.status).toBe(EXIT.OK);
    expect(existsSync(join(folder, 'below', folder.slice(1), 'in/b/a.jpg.png'))).toBe(true);
    const one = fanfleet('normalise', 'in/b/a.jpg', 'in/b/../b/a.jpg', 'in/b/./a.jpg', '--out', 'one');
    expect(rowsOf(one.stdout).map(({ key }) => key)).toEqual(['in/b/a.jpg']);
    const twice = fanfleet('normalise', 'in/b/a.jpg', 'in/b/../a.jpg', '--out', 'twice');
    expect(twice.stderr).toContain('OUTPUT_COLLISION');
    expect(twice.status).toBe(EXIT.USAGE);
    expect(existsSync(join(folder, 'twice'))).toBe(false);
  });

  test('says where it cannot write, and what is not a quality', () => {
    const blocked = fanfleet('normalise', 'in/a.jpg', '--out', 'in/text.jpg');
    expect(blocked.stderr).toContain('OUTPUT_UNWRITABLE');
    const quality = fanfleet('normalise', 'in/a.jpg', '--out', 'out', '--quality', '0');
    expect(quality.stderr).toContain('`quality`');
    expect([blocked.status, quality.status]).toEqual([EXIT.USAGE, EXIT.USAGE]);
  });
});

describe('stats', () => {
  test('--histogram adds the counts to the rows', () => {
    const plain = rowsOf(fanfleet('stats', 'in/a.jpg').stdout)[0];
    const { histogram, ...row } = rowsOf(fanfleet('stats', '--histogram', 'in/a.jpg').stdout)[0];
    expect(row).toEqual(plain);
    const counted = (counts: number[]) => counts.reduce((sum, times) => sum + times, 0);
    expect(histogram.map(counted)).toEqual([1_200, 1_200, 1_200]);
  });

  test.runIf(loadAddon() !== undefined)('--approx gives means alone, and how far off they are', () => {
    const { stdout, stderr, status } = fanfleet('--json', 'stats', '--approx', 'in');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ kernel: 'native', operation: 'mean', approximate: true, failed: 1 },
      rows: [{ approximate: true }, { approximate: true }, { error: { code: 'NOT_AN_IMAGE' } }],
      error: { images: 2, median: [expect.any(Number), expect.any(Number), expect.any(Number)] },
    });
    expect(stderr).toMatch(/approximate\. 2 of the images were also measured exactly/);
    expect(status).toBe(EXIT.FAILED_ITEMS);
  });

  test.runIf(loadAddon() !== undefined)('--approx gives the same means by every kernel', () => {
    const [native, portable] = ['native', 'portable'].map((kernel) =>
      fanfleet('stats', '--approx', '--kernel', kernel, 'in'),
    );
    expect(rowsOf(native?.stdout ?? '')).toHaveLength(3);
    expect([portable?.stdout, portable?.stderr]).toEqual([native?.stdout, native?.stderr]);
  });

  test.each([
    ['--approx', '--histogram'],
    ['--approx', '--operation', 'mean'],
    ['--histogram', '--operation', 'mean'],
  ])('%s and %s exclude each other', (...options) => {
    expect(fanfleet('stats', ...options, 'in/a.jpg').status).toBe(EXIT.USAGE);
  });
});

function fanfleet(...args: string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: 'utf8' });
}

// biome-ignore lint/suspicious/noExplicitAny: rows as a program that reads them sees them
function rowsOf(stdout: string): any[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
