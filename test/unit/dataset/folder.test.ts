import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readImageFolder } from '../../../src/dataset/folder.ts';
import { hasImageSuffix, IMAGE_SUFFIXES, sniffContentType } from '../../../src/dataset/image-type.ts';
import { encodeGreyPng } from '../../../src/kernel/png-writer.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-folder-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('readImageFolder', () => {
  it('takes images by suffix from all levels, with keys that have slashes', async () => {
    // Prepare
    await mkdir(join(dir, 'cats', 'old ones'), { recursive: true });
    await writeFile(join(dir, 'a.JPG'), 'abc');
    await writeFile(join(dir, 'cats', 'old ones', 'b #1.webp'), 'de');
    await writeFile(join(dir, 'notes.txt'), 'f');
    await symlink(join(dir, 'gone'), join(dir, 'README'));
    await symlink(join(dir, 'a.JPG'), join(dir, 'cats', 'link.jpg'));
    await symlink(join(dir, 'gone.jpg'), join(dir, 'dangling.jpg'));
    await symlink(dir, join(dir, 'cats', 'round.jpg'));
    await symlink(dir, join(dir, 'cats', 'round'));

    // Act
    const { files, bytes, unusable, passedOver } = await readImageFolder(dir);

    // Assess
    expect(files).toEqual([
      { path: join(dir, 'a.JPG'), key: 'a.JPG', size: 3, contentType: 'image/jpeg' },
      { path: join(dir, 'cats/link.jpg'), key: 'cats/link.jpg', size: 3, contentType: 'image/jpeg' },
      {
        path: join(dir, 'cats/old ones/b #1.webp'),
        key: 'cats/old ones/b #1.webp',
        size: 2,
        contentType: 'image/webp',
      },
    ]);
    expect(bytes).toBe(8);
    expect(unusable).toEqual([{ key: 'dangling.jpg', why: expect.stringContaining('ENOENT') }]);
    expect(passedOver.folderLinks).toBe(2);
    expect(passedOver.files.list()).toEqual([
      { suffix: '', count: 1, example: 'README' },
      { suffix: '.txt', count: 1, example: 'notes.txt' },
    ]);
  });

  it('takes images without a suffix by content, or everything, if asked to', async () => {
    await writeFile(join(dir, 'image'), encodeGreyPng(new Uint8Array(1), 1, 1));
    await writeFile(join(dir, 'text'), 'text');
    await writeFile(join(dir, 'empty'), '');
    const types = async (filter: 'content' | 'all') =>
      Object.fromEntries(
        (await readImageFolder(dir, { filter })).files.map((file) => [file.key, file.contentType]),
      );
    expect(await types('content')).toEqual({ image: 'image/png' });
    expect(await types('all')).toEqual({
      image: 'image/png',
      text: 'application/octet-stream',
      empty: 'application/octet-stream',
    });
  });

  it('names what cannot become an object, and takes the rest', async () => {
    await writeFile(join(dir, 'ok.png'), 'ok');
    await writeFile(Buffer.from(`${dir}/caf\xe9.png`, 'latin1'), 'latin1');
    await symlink('loop.png', join(dir, 'loop.png'));
    await symlink('/dev/null', join(dir, 'null.png'));
    spawnSync('mkfifo', [join(dir, 'pipe.png')]);
    await mkdir(join(dir, 'folder.png'));
    await writeFile(join(dir, 'folder.png/a.png'), 'a');
    for (const path of [dir, `${dir}//`, `${dir}/folder.png/..`]) {
      const { files, unusable } = await readImageFolder(path);
      expect(files.map(({ key }) => key)).toEqual(['folder.png/a.png', 'ok.png']);
      expect(unusable).toEqual([
        { key: 'caf\\xe9.png', why: 'its name is not UTF-8, as a key in S3 has to be' },
        { key: 'loop.png', why: expect.stringContaining('ELOOP') },
        { key: 'null.png', why: 'it is no file but a pipe, a socket or a device' },
        { key: 'pipe.png', why: 'it is no file but a pipe, a socket or a device' },
      ]);
    }
  });

  it('says what is wrong with a folder', async () => {
    await writeFile(join(dir, 'file.jpg'), '');
    await mkdir(join(dir, 'empty'));
    await mkdir(join(dir, 'text'));
    await writeFile(join(dir, 'text', 'a.txt'), '');
    const of = (name: string) => readImageFolder(join(dir, name));
    await expect(of('missing')).rejects.toMatchObject({ code: 'FOLDER_MISSING', source: 'user' });
    await expect(of('missing')).rejects.toThrow(join(dir, 'missing'));
    await expect(of('file.jpg')).rejects.toMatchObject({ code: 'NOT_A_FOLDER', source: 'user' });
    await expect(of('empty')).rejects.toThrow(/found none: there are no files/);
    await expect(of('text')).rejects.toMatchObject({ code: 'NO_IMAGES', source: 'user' });
    await symlink('nowhere', join(dir, 'empty', 'a.png'));
    await expect(of('empty')).rejects.toThrow(/found none: a\.png cannot be taken \(ENOENT/);
    await expect(of('text')).rejects.toThrow(/found none: its files have \.txt \(1: a\.txt\)/);
  });
});

describe('image types', () => {
  it.each(IMAGE_SUFFIXES)('knows %s in any case', (suffix) => {
    expect(hasImageSuffix(`a/b c${suffix.toUpperCase()}`)).toBe(true);
    expect(hasImageSuffix(`a${suffix}/b`)).toBe(false);
    expect(hasImageSuffix(`a${suffix}.txt`)).toBe(false);
  });

  it.each([
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['image/png', [0x89, ...Buffer.from('PNG\r\n\x1a\n')]],
    ['image/gif', [...Buffer.from('GIF89a')]],
    ['image/webp', [...Buffer.from('RIFF\x01\x02\x03\x04WEBP')]],
    ['image/tiff', [...Buffer.from('II*\0')]],
    ['image/tiff', [...Buffer.from('MM\0*')]],
    [null, [...Buffer.from('RIFF\x01\x02\x03\x04WAVE')]],
    [null, [0xff, 0xd8]],
    [null, []],
  ])('tells %s by its first bytes', (type, bytes) => {
    expect(sniffContentType(Uint8Array.from(bytes))).toBe(type);
  });
});
