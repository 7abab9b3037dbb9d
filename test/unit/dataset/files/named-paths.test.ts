import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyOfPath, lookAtPaths } from '../../../../src/dataset/files/named-paths.ts';
import { hasImageSuffix } from '../../../../src/dataset/image-type.ts';

let folder = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fanfleet-named-')));
  mkdirSync(join(folder, 'd/s'), { recursive: true });
  for (const name of ['d/x.png', 'd/s/x.png', 'd/notes.txt', 'd-e.png'])
    writeFileSync(join(folder, name), '');
  symlinkSync('d', join(folder, 'link'));
  symlinkSync('x.png', join(folder, 'd/same.png'));
  symlinkSync('nowhere', join(folder, 'gone.png'));
  symlinkSync('loop.png', join(folder, 'loop.png'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function look(...names: string[]) {
  const { files, folders } = lookAtPaths(
    names.map((name) => `${folder}/${name}`),
    hasImageSuffix,
  );
  const short = ({ key }: { key: string }) => key.replace(`${folder}/`, '');
  return [...folders.map(short), ...files.map(short).sort()];
}

describe('keyOfPath', () => {
  it.each([
    ['d', 'd'],
    ['./d', 'd'],
    ['d//', 'd'],
    ['d/.', 'd'],
    ['./././d/./s//x.png', 'd/s/x.png'],
    ['d/../d', 'd/../d'],
    ['.', ''],
    ['./', ''],
    ['..', '..'],
    ['/', '/'],
    ['//tmp//a', '/tmp/a'],
    ['-x.png', '-x.png'],
    ['.hidden.png', '.hidden.png'],
    ['a\\b', 'a\\b'],
    [' a\n\u2028b', ' a\n\u2028b'],
  ])('%j is %j', (path, key) => {
    expect(keyOfPath(path)).toBe(key);
  });
});

describe('lookAtPaths', () => {
  it.each([
    [['d', 'd'], ['d/']],
    [['d', './d'], ['d/']],
    [['d/s', 'd'], ['d/']],
    [['link', 'd'], ['link/']],
    [['d', 'd/../d/s'], ['d/']],
    [['d', 'd/x.png', 'link/x.png'], ['d/']],
    [
      ['d', 'd/notes.txt'],
      ['d/', 'd/notes.txt'],
    ],
    [['d/x.png', './d/x.png', 'link/x.png'], ['d/x.png']],
    [
      ['d/x.png', 'd/same.png'],
      ['d/same.png', 'd/x.png'],
    ],
    [
      ['d/s', 'd-e.png'],
      ['d/s/', 'd-e.png'],
    ],
    [
      ['gone.png', 'loop.png'],
      ['gone.png', 'loop.png'],
    ],
  ])('keeps of %j only %j', (names, kept) => {
    expect(look(...names)).toEqual(kept);
  });

  it('names a path that is not there, or cannot be', () => {
    expect(() => look('none')).toThrow(expect.objectContaining({ code: 'PATH_NOT_FOUND', source: 'user' }));
    expect(() => look('none')).toThrow(`${folder}/none`);
    expect(() => look('d/x.png/y')).toThrow(expect.objectContaining({ code: 'PATH_UNREADABLE' }));
    expect(() => look('loop.png/x')).toThrow(expect.objectContaining({ code: 'PATH_UNREADABLE' }));
  });

  it('finds what has lost the bytes of its name on the way here', () => {
    const odd = join(folder, 'odd');
    const at = (name: string) => Buffer.from(`${odd}/${name}`, 'latin1');
    mkdirSync(at('\xff'), { recursive: true });
    for (const name of ['\xe9.png', '\xe8.png', '\xff/in.png']) writeFileSync(at(name), '');
    expect(look('odd/\ufffd.png')).toEqual(['odd/\\xe8.png', 'odd/\\xe9.png']);
    expect(look('odd/\ufffd.png', 'odd/\ufffd.png', 'odd/\ufffd/in.png', 'odd/\ufffd/')).toEqual([
      'odd/\\xff/',
      'odd/\\xe8.png',
      'odd/\\xe9.png',
    ]);
    expect(() => look('odd/\ufffd\ufffd.png')).toThrow(expect.objectContaining({ code: 'PATH_NOT_FOUND' }));
  });
});
