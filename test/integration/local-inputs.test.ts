import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-local-inputs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('normalise into the folder of the images', () => {
  test('takes no copy for an image, also through a link', async () => {
    mkdirSync(join(folder, 'pics'));
    writeFileSync(join(folder, 'pics/a.png'), await png());
    const first = fanfleet('normalise', 'pics', '--out', 'pics/normalised');
    symlinkSync('pics/normalised', join(folder, 'out-link'));
    const second = fanfleet('normalise', './pics/', '--out', 'out-link');
    const third = fanfleet('normalise', `${folder}/pics`, 'pics', '--out', 'pics/../pics/normalised');
    expect(rowsOf(first.stdout).map(({ key }) => key)).toEqual(['pics/a.png']);
    expect(second.stdout).toBe(first.stdout);
    expect(rowsOf(third.stdout)).toHaveLength(1);
    expect(second.stderr).toContain('Left out, since the copies go there: pics/normalised/.');
    expect([first.status, second.status, third.status]).toEqual([EXIT.OK, EXIT.OK, EXIT.OK]);
    expect(filesBelow(join(folder, 'pics/normalised/pics'))).toEqual(['a.png.png']);
  });

  test('refuses to write copies beside the images, before it writes', async () => {
    mkdirSync(join(folder, 'beside'));
    for (const name of ['a.png', 'a.png.png']) writeFileSync(join(folder, 'beside', name), await png());
    for (const args of [
      ['beside', '--out', '.'],
      ['beside/a.png', 'beside/a.png.png', '--out', '.'],
    ]) {
      const { status, stderr, stdout } = fanfleet('normalise', ...args);
      expect(stderr).toContain('OUTPUT_AMONG_INPUTS');
      expect([status, stdout]).toEqual([EXIT.USAGE, '']);
    }
    expect(filesBelow(join(folder, 'beside'))).toEqual(['a.png', 'a.png.png']);
  });

  test('an error shows of a path what a terminal would obey', () => {
    const { status, stderr } = fanfleet('stats', 'not\u001b[31mhere');
    expect(stderr).toContain(String.raw`not\u{1b}[31mhere`);
    expect(stderr).not.toContain('\u001b');
    expect(status).toBe(EXIT.USAGE);
  });

  test('a copy that cannot have its name costs its own row', async () => {
    mkdirSync(join(folder, 'long'));
    const name = `${'n'.repeat(251)}.png`;
    for (const file of [name, 'ok.png']) writeFileSync(join(folder, 'long', file), await png());
    const { status, stdout, stderr } = fanfleet('normalise', 'long', '--out', 'short');
    const [failed, row] = rowsOf(stdout);
    expect(failed).toMatchObject({ key: `long/${name}`, error: { code: 'OUTPUT_NAME_UNUSABLE' } });
    expect(row).toMatchObject({ key: 'long/ok.png', output: {} });
    expect(stderr).toContain('ENAMETOOLONG');
    expect(status).toBe(EXIT.FAILED_ITEMS);
  });
});

describe('a path', () => {
  test.each(['.', './', '../set', '..', './s/..'])('%s has as many rows as files', async (path) => {
    mkdirSync(join(folder, 'all/set/s'), { recursive: true });
    for (const name of ['x.png', 's/x.png']) writeFileSync(join(folder, 'all/set', name), await png());
    const { stdout, stderr, status } = fanfleetIn('all/set', 'stats', path);
    const prefix = { '.': '', './': '', './s/..': 's/../', '../set': '../set/', '..': '../set/' }[path];
    expect(rowsOf(stdout).map(({ key }) => key)).toEqual([`${prefix}s/x.png`, `${prefix}x.png`]);
    expect(stderr.trim().split('\n').at(-1)).toBe('2 measured');
    expect(status).toBe(EXIT.OK);
  });

  test.runIf(process.getuid?.() === 0)('that may not be read costs a row', async () => {
    mkdirSync(join(folder, 'secret/sub'), { recursive: true });
    for (const name of ['a.png', 'b.png', 'sub/c.png']) {
      writeFileSync(join(folder, 'secret', name), await png());
    }
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'secret/b.png'), 0);
    chmodSync(join(folder, 'secret/sub'), 0);
    const { stdout, stderr, status } = asNobody('stats', 'secret');
    expect(rowsOf(stdout).map(({ key, error }) => [key, error?.code])).toEqual([
      ['secret/a.png', undefined],
      ['secret/b.png', 'FILE_UNREADABLE'],
      ['secret/sub/', 'FOLDER_UNREADABLE'],
    ]);
    expect(stderr).toContain('secret/b.png: EACCES');
    expect(status).toBe(EXIT.FAILED_ITEMS);
  });
});

describe('names that are not UTF-8', () => {
  /** In a folder with others: `caf` and the byte E9, and a true U+FFFD. */
  const NAMES = ['a.png', 'b.txt', Buffer.from('caf\xe9.png', 'latin1'), 'd\ufffd.png', 'e.txt'];
  const write = (place: string) => {
    for (const name of NAMES) copyFileSync(join(folder, 'one.png'), bytesBelow(join(folder, place), name));
    symlinkSync('.', bytesBelow(join(folder, place), Buffer.from('r\xf6', 'latin1')));
  };
  const expectAll = (place: string) => {
    const { stdout, stderr, status } = fanfleet('stats', place);
    const keys = rowsOf(stdout).map(({ key }) => key);
    expect(keys).toEqual(['a.png', 'caf\\xe9.png', 'd\ufffd.png'].map((name) => `${place}/${name}`));
    expect(stderr).toContain('Left out, having no image suffix: .txt (2).');
    expect(stderr).toContain('Links to folders are not followed: there is 1.');
    expect(status).toBe(EXIT.OK);
  };
  beforeAll(async () => writeFileSync(join(folder, 'one.png'), await png()));

  test('are read, and what is left out beside them is counted once', () => {
    mkdirSync(join(folder, 'odd-names'));
    write('odd-names');
    expectAll('odd-names');
  });

  // Node then asks after each name, and finds none of those.
  test.runIf(process.getuid?.() === 0)(
    'are read where the file system tells no types of files',
    ({ skip }) => {
      const [disk, place] = [join(folder, 'disk'), join(folder, 'mounted')];
      mkdirSync(place);
      writeFileSync(disk, new Uint8Array(1 << 22));
      const made = spawnSync('mkfs.ext4', ['-q', '-O', '^filetype', disk]);
      if (made.status !== 0 || spawnSync('mount', ['-o', 'loop', disk, place]).status !== 0) {
        skip('expected mkfs.ext4 and a loop device');
      }
      try {
        rmSync(join(place, 'lost+found'), { recursive: true });
        write('mounted');
        expectAll('mounted');
      } finally {
        spawnSync('umount', [place]);
      }
    },
  );
});

describe('what is left out', () => {
  beforeAll(async () => {
    mkdirSync(join(folder, 'mixed/empty'), { recursive: true });
    for (const name of ['a.png', 'b.avif', 'c.bmp', 'd.heic', 'e.heic', 'f.jpg_large', '0.tar']) {
      writeFileSync(join(folder, 'mixed', name), await png());
    }
    symlinkSync('.', join(folder, 'mixed/round'));
  });

  test.each([
    ['stats', 'mixed'],
    ['stats', '--histogram', 'mixed'],
    ['normalise', 'mixed', '--out', 'mixed-out'],
  ])('%s %s counts it by suffix', (...args) => {
    const { stdout, stderr, status } = fanfleet('--json', ...args);
    const { rows, failed, leftOut, folderLinks } = JSON.parse(stdout);
    expect([rows.length, failed, folderLinks, status]).toEqual([1, 0, 1, EXIT.OK]);
    expect(leftOut[0]).toEqual({
      suffix: '.heic',
      count: 2,
      example: expect.stringMatching(/^mixed\/[de]\.heic$/),
    });
    expect(leftOut.map(({ count }: { count: number }) => count)).toEqual([2, 1, 1, 1, 1]);
    expect(stderr).toContain('Left out, having no image suffix: .heic (2), ');
    expect(stderr).toContain('The images in a tar are taken where the tar itself is named (folder/*.tar)');
    expect(stderr).toContain('Links to folders are not followed: there is 1.');
  });

  test('is in the error of a folder that has nothing else, or nothing at all', () => {
    const empty = fanfleet('stats', 'mixed/empty');
    expect(empty.stderr).toMatch(
      /\[NO_IMAGES\] Expected images .* in mixed\/empty but found none: there are no files/,
    );
    mkdirSync(join(folder, 'texts'));
    for (const name of ['a.txt', 'b.txt', 'c.tar.gz']) writeFileSync(join(folder, 'texts', name), '');
    const texts = fanfleet('--json', 'normalise', 'texts', '--out', 'texts-out');
    expect(JSON.parse(texts.stdout).error).toMatchObject({ code: 'NO_IMAGES', source: 'user' });
    expect(texts.stderr).toContain('its files have .txt (2), .tar.gz (1: texts/c.tar.gz)');
    expect([empty.status, texts.status]).toEqual([EXIT.USAGE, EXIT.USAGE]);
  });
});

describe('rows come as they are done', () => {
  /** Their rows take more than what lies between two processes holds: nobody writes all of them before they are read. */
  const COUNT = 20_000;
  beforeAll(async () => {
    mkdirSync(join(folder, 'many'));
    writeFileSync(join(folder, 'one.png'), await png());
    for (let at = 0; at < COUNT; at += 1) symlinkSync('../one.png', join(folder, `many/${at}.png`));
  });

  test('and a reader that has enough ends the command quietly', () => {
    const piped = '"$0" "$@" stats many | head -1; exit $PIPESTATUS';
    const { stdout, stderr, status } = spawnSync('bash', ['-c', piped, process.execPath, CLI], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(rowsOf(stdout)).toMatchObject([{ key: 'many/0.png' }]);
    expect(status).toBe(EXIT.SIGPIPE);
    expect(stderr).toMatch(/^(\d+ measured\n)*$/);
  });

  test.each([false, true])('and Ctrl-C keeps those that were put out, with --json: %s', async (json) => {
    const command = spawn(process.execPath, [CLI, ...(json ? ['--json'] : []), 'stats', 'many'], {
      cwd: folder,
    });
    const chunks: string[] = [];
    command.stdout.setEncoding('utf8');
    command.stdout.once('data', () => {
      command.stdout.pause();
      command.kill('SIGINT');
      command.stdout.resume();
    });
    command.stdout.on('data', (chunk: string) => chunks.push(chunk));
    const [code] = await once(command, 'close');
    const stdout = chunks.join('');
    const rows = json ? JSON.parse(stdout).rows : rowsOf(stdout);
    expect(code).toBe(EXIT.SIGINT);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(COUNT);
    if (json) expect(JSON.parse(stdout).error.code).toBe('SIGINT');
  });
});

/** A picture of 2 x 1. */
function png(): Promise<Buffer> {
  const pixels = Uint8Array.from([10, 20, 30, 40, 50, 60]);
  return sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toBuffer();
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
}

function fanfleet(...args: string[]) {
  return fanfleetIn('.', ...args);
}

function fanfleetIn(below: string, ...args: string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: join(folder, below), encoding: 'utf8' });
}

/** As a user whom permissions hold for. */
function asNobody(...args: string[]) {
  return spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
    uid: 65_534,
    gid: 65_534,
  });
}

// biome-ignore lint/suspicious/noExplicitAny: rows as a program that reads them sees them
function rowsOf(stdout: string): any[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function bytesBelow(place: string, name: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${place}/`), Buffer.from(name)]);
}
