import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tarOf } from '../../../../src/dataset/shards/tar-writer.ts';
import { END, PYTHON, tarTools } from '../../../support/tar-tools.ts';
import { tarEntry, walked } from '../../../support/tars.ts';

const { made, filesOf, filesByPython, folder } = tarTools();

describe('what lies behind the end of a tar', () => {
  it('is read where it is another tar, as by tar -i', async () => {
    const tar = await made(
      `tar -cf 1.tar a.png; tar --format=pax -cf 2.tar b.png; ln b.png l.png; tar -b 1 -cf 3.tar b.png l.png c.png
       cat 1.tar 2.tar 3.tar > x.tar`,
    );
    const files = await filesOf(tar);
    expect(files).toEqual(await filesByPython(tar));
    expect(files.map(([name]) => name)).toEqual(['a.png', 'b.png', 'b.png', 'l.png', 'c.png']);
  });

  it('may be zeros of any number', async () => {
    const a = tarEntry('a.png', 'A');
    for (const zeros of [512, 513, 1024, 1030, 10_240]) {
      expect(await walked(Buffer.concat([a, Buffer.alloc(zeros)]))).toMatchObject({
        members: [{ name: 'a.png' }],
        remarks: [],
        error: null,
      });
    }
    const lone = Buffer.concat([a, Buffer.alloc(512), tarEntry('b.png', 'B'), END]);
    expect((await filesOf(lone)).map(([name]) => name)).toEqual(['a.png', 'b.png']);
    expect(await walked(Buffer.alloc(20 * 512))).toEqual({ members: [], remarks: [], error: null });
  });

  it.each([
    ['blocks', 'x'.repeat(1024)],
    ['a few bytes', '\n\n'],
  ])('is told where it is no tar: %s', async (_, rest) => {
    const tar = Buffer.concat([tarOf([['a.png', Buffer.from('A')]]), Buffer.from(rest)]);
    expect(await walked(tar)).toEqual({
      members: [{ name: 'a.png', offset: 512, size: 1 }],
      remarks: [{ what: 'TRAILING_BYTES', offset: 2048, bytes: rest.length }],
      error: null,
    });
  });
});

it('zeros in the middle of a tar are damage, if there are headers further on', async () => {
  const [a, b, c] = ['a.png', 'b.png', 'c.png'].map((name) => tarEntry(name, 'x'.repeat(2000)));
  const tar = Buffer.concat([a, b?.fill(0, 0, 1024), c, END].filter((part) => part !== undefined));
  const { members, error } = await walked(tar);
  expect(members.map(({ name }) => name)).toEqual(['a.png']);
  expect(error).toMatchObject({ code: 'SHARD_DAMAGED' });
  expect(error?.message).toContain(`at byte ${(a?.length ?? 0) + 1024}:`);
});

describe('a tar that cannot be read to its end', () => {
  it('gives the files before the damage', async () => {
    const tar = Buffer.concat([tarEntry('a.png', 'A'), tarEntry('b.png', 'B'), END]);
    tar[1024] = 0x80;
    const { members, error } = await walked(tar);
    expect(members.map(({ name }) => name)).toEqual(['a.png']);
    expect(error).toMatchObject({ code: 'SHARD_DAMAGED' });
    expect(error?.message).toContain('x.tar but at byte 1024: expected a header with the checksum');
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['bzip2', null],
    ['xz', null],
  ] as const)('is named if it is compressed by %s', async (name, compress) => {
    const plain = tarOf([['a.png', Buffer.from('A')]]);
    await writeFile(join(folder(), 'plain.tar'), plain);
    const tar =
      compress === null ? await made(`${PYTHON} -c '${compressedByPython(name)}'`) : compress(plain);
    expect(tar.length).toBeLessThan(512);
    const { members, error } = await walked(tar);
    expect({ members, code: error?.code }).toEqual({ members: [], code: 'SHARD_COMPRESSED' });
    expect(error?.message).toContain(`at x.tar but it is compressed by ${name}`);
  });
});

function compressedByPython(name: string): string {
  const module = name === 'xz' ? 'lzma' : 'bz2';
  return `import ${module}; open("x.tar", "wb").write(${module}.compress(open("plain.tar", "rb").read()))`;
}
