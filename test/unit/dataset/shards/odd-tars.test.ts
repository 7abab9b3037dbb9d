import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paxEntry, tarEntry, tarOf, walked } from '../../../support/tars.ts';

const run = promisify(execFile);
const PYTHON = join(import.meta.dirname, '../../../../.venv/bin/python');
const END = Buffer.alloc(1024);
const LATIN1 = Buffer.from('caf\xe9.png', 'latin1');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-tar-'));
  for (const name of ['a', 'b', 'c']) await writeFile(join(dir, `${name}.png`), `bytes of ${name}`);
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** Run a script of the shell in the folder, which is to write x.tar. */
async function made(script: string): Promise<Buffer> {
  await run('bash', ['-euc', script], { cwd: dir });
  return readFile(join(dir, 'x.tar'));
}

/** Names and text of the files that can be read. */
async function filesOf(tar: Buffer): Promise<string[][]> {
  const { members, error } = await walked(tar);
  expect(error).toBeNull();
  return members.map(({ name, offset, size, refused }) => [
    name,
    refused ?? tar.toString('latin1', offset, offset + size),
  ]);
}

/** The same as Python's tarfile has it, which follows hard links itself. */
async function filesByPython(tar: Buffer): Promise<string[][]> {
  await writeFile(join(dir, 'python.tar'), tar);
  const script = `import json, tarfile
with tarfile.open("python.tar", ignore_zeros=True) as tar:
    print(json.dumps([[m.name, tar.extractfile(m).read().decode("latin1")] for m in tar if m.isreg() or m.islnk()]))`;
  return JSON.parse((await run(PYTHON, ['-c', script], { cwd: dir })).stdout);
}

describe('hard links', () => {
  it.each(['v7', 'ustar', 'gnu', 'pax'])('are the files that they lead to, in %s tars', async (format) => {
    const tar = await made(
      `ln a.png copy.png; ln a.png third.png
       tar --format=${format} -cf x.tar ./a.png b.png ./copy.png third.png`,
    );
    const files = await filesOf(tar);
    expect(files).toEqual(await filesByPython(tar));
    expect(files).toEqual([
      ['./a.png', 'bytes of a'],
      ['b.png', 'bytes of b'],
      ['./copy.png', 'bytes of a'],
      ['third.png', 'bytes of a'],
    ]);
  });

  it.each(['gnu', 'pax'])('have long names at both ends, in %s tars', async (format) => {
    const long = `${'d'.repeat(120)}/${'n'.repeat(120)}`;
    const tar = await made(
      `mkdir ${'d'.repeat(120)}; mv a.png ${long}.png; ln ${long}.png ${long}2.png
       tar --format=${format} -cf x.tar ${long}.png ${long}2.png b.png`,
    );
    const files = await filesOf(tar);
    expect(files).toEqual(await filesByPython(tar));
    expect(files.map(([name]) => name)).toEqual([`${long}.png`, `${long}2.png`, 'b.png']);
  });

  it('are found however the name of the file is written, and through other links', async () => {
    const tar = Buffer.concat([
      tarEntry('./d//a.png', 'A'),
      tarEntry('1.png', '', { type: '1', link: 'd/a.png' }),
      tarEntry('2.png', '', { type: '1', link: './1.png' }),
      tarEntry('3.png', '', { type: '1', link: '/d/./a.png' }),
      END,
    ]);
    expect((await filesOf(tar)).map(([, data]) => data)).toEqual(['A', 'A', 'A', 'A']);
  });

  it('lead to the version of the file that was the last one before them', async () => {
    const link = tarEntry('l.png', '', { type: '1', link: 'a.png' });
    const tar = Buffer.concat([tarEntry('a.png', 'old'), tarEntry('a.png', 'new'), link, END]);
    expect((await filesOf(tar)).at(-1)).toEqual(['l.png', 'new']);
  });

  it('may have data of their own, or a size without data', async () => {
    const own = Buffer.concat([
      tarEntry('a.png', 'A'),
      paxEntry([['size', '3']]),
      tarEntry('own.png', 'own', { type: '1', link: 'a.png' }),
      tarEntry('b.png', 'B'),
      END,
    ]);
    expect(await filesOf(own)).toEqual([
      ['a.png', 'A'],
      ['own.png', 'own'],
      ['b.png', 'B'],
    ]);
    const bare = tarEntry('l.png', '123', { type: '1', link: 'a.png' }).subarray(0, 512);
    const old = Buffer.concat([tarEntry('a.png', 'A'), bare, tarEntry('b.png', 'B'), bare, END]);
    expect((await filesOf(old)).map(([, data]) => data)).toEqual(['A', 'A', 'B', 'A']);
  });

  it('are refused, alone, where they lead to no file before them', async () => {
    const links = ['none.png', 'later.png', 'folder', 'soft.png', 'self.png'].map((link) =>
      tarEntry(link === 'self.png' ? link : `to-${link}`, '', { type: '1', link }),
    );
    const tar = Buffer.concat([
      tarEntry('folder/', '', { type: '5' }),
      tarEntry('soft.png', '', { type: '2', link: 'later.png' }),
      ...links,
      tarEntry('later.png', 'A'),
      END,
    ]);
    const files = await filesOf(tar);
    expect(files.pop()).toEqual(['later.png', 'A']);
    expect(files.map(([, data]) => data)).toEqual(links.map(() => 'SHARD_LINK_BROKEN'));
  });

  it('to a sparse file are refused as it is', async () => {
    const tar = await made(
      'truncate -s 1M hole.png; ln hole.png l.png; tar --sparse -cf x.tar hole.png l.png a.png',
    );
    expect(await filesOf(tar)).toEqual([
      ['hole.png', 'SHARD_MEMBER_SPARSE'],
      ['l.png', 'SHARD_MEMBER_SPARSE'],
      ['a.png', 'bytes of a'],
    ]);
  });
});

describe('sparse files', () => {
  it.each([
    '--format=gnu',
    '--format=pax --sparse-version=0.0',
    '--format=pax --sparse-version=0.1',
    '--format=pax --sparse-version=1.0',
  ])('are passed over, and refused under their own names: %s', async (format) => {
    // 40 pieces of data need blocks for the map beyond the header.
    const tar = await made(
      `for i in $(seq 0 39); do printf %s "piece $i" | dd of=hole.bin bs=1M seek=$i conv=notrunc status=none; done
       tar --sparse ${format} -cf x.tar a.png hole.bin b.png`,
    );
    expect(tar.length).toBeLessThan(1024 * 1024);
    expect(await filesOf(tar)).toEqual([
      ['a.png', 'bytes of a'],
      ['hole.bin', 'SHARD_MEMBER_SPARSE'],
      ['b.png', 'bytes of b'],
    ]);
  });

  it('of Solaris are refused, too', async () => {
    const tar = Buffer.concat([
      paxEntry([['SUN.holesdata', ' 0 512 1024']], 'X'),
      tarEntry('a.png', 'A'),
      tarEntry('b.png', 'B'),
      END,
    ]);
    expect(await filesOf(tar)).toEqual([
      ['a.png', 'SHARD_MEMBER_SPARSE'],
      ['b.png', 'B'],
    ]);
  });
});

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

describe('names', () => {
  it.each(['v7', 'ustar', 'gnu', 'pax'])('that are not UTF-8 cost a refusal, in %s tars', async (format) => {
    const tar = await made(
      `cp a.png $'caf\\xe9.png'; echo words > $'caf\\xe9.txt'
       tar --format=${format} -cf x.tar a.png $'caf\\xe9.png' $'caf\\xe9.txt' b.png`,
    );
    expect(await filesOf(tar)).toEqual([
      ['a.png', 'bytes of a'],
      ['caf\\xe9.png', 'NAME_NOT_UTF8'],
      ['caf\\xe9.txt', 'NAME_NOT_UTF8'],
      ['b.png', 'bytes of b'],
    ]);
  });

  it('of PAX are read whatever their charset is said to be', async () => {
    const binary = (name: string | Buffer) =>
      paxEntry([
        ['hdrcharset', 'BINARY'],
        ['path', name],
      ]);
    const tar = Buffer.concat([
      binary(LATIN1),
      tarEntry('cafe.png', 'A'),
      binary('café.png'),
      tarEntry('cafe.png', 'B'),
      paxEntry([['linkpath', LATIN1]]),
      tarEntry('l.png', '', { type: '1' }),
      END,
    ]);
    expect(await filesOf(tar)).toEqual([
      ['caf\\xe9.png', 'NAME_NOT_UTF8'],
      ['café.png', 'B'],
      ['l.png', 'A'],
    ]);
  });

  it('of PAX may have spaces, line ends and equals signs, and none takes back what was said', async () => {
    const odd = [' a =b\n=c.png', '../up.png', '/root.png', './a.png'];
    const tar = Buffer.concat([
      ...odd.flatMap((name) => [paxEntry([['path', name]]), tarEntry('short', name)]),
      paxEntry([['path', '']]),
      tarEntry('kept.png', 'kept.png'),
      END,
    ]);
    expect(await filesOf(tar)).toEqual([...odd, 'kept.png'].map((name) => [name, name]));
  });

  it('that no key can have are told', async () => {
    const long = `${'x'.repeat(8 * 1024)}.png`;
    const tar = Buffer.concat([
      tarEntry('', 'A'),
      paxEntry([['path', long]]),
      tarEntry('x', 'B'),
      tarEntry('c.png', 'C'),
      END,
    ]);
    const { members, remarks, error } = await walked(tar);
    expect({ error, names: members.map(({ name }) => name) }).toEqual({ error: null, names: ['c.png'] });
    expect(remarks).toEqual([
      { what: 'UNUSABLE_NAME', name: '' },
      { what: 'UNUSABLE_NAME', name: long.slice(0, 8 * 1024) },
    ]);
  });
});

describe('entries that are no files', () => {
  it('are told where they would be missed', async () => {
    const tar = await made('ln -s a.png soft.png; mkfifo pipe.png; mkdir d.png; tar -cf x.tar *.png');
    const { members, remarks } = await walked(tar);
    expect(members.map(({ name }) => name)).toEqual(['a.png', 'b.png', 'c.png']);
    expect(remarks).toEqual([
      { what: 'SPECIAL_FILE', name: 'pipe.png' },
      { what: 'SYMBOLIC_LINK', name: 'soft.png' },
    ]);
  });

  it('such as labels, rests of other volumes, comments and lists of folders are passed over', async () => {
    const tar = Buffer.concat([
      tarEntry('label.png', '', { type: 'V' }),
      tarEntry('rest.png', 'the rest', { type: 'M' }),
      paxEntry(
        [
          ['comment', '0123456789'],
          ['path', 'none.png'],
        ],
        'g',
      ),
      tarEntry('list.png', 'Ya.png', { type: 'D' }),
      paxEntry([['path', 'long.png']]),
      tarEntry('acl.png', 'acl', { type: 'A' }),
      tarEntry('short', 'L'),
      tarEntry('contiguous.png', 'C', { type: '7' }),
      tarEntry('of old/', 'V', { type: '\0' }),
      tarEntry('of old.png', 'V', { type: '\0' }),
      tarEntry('of a vendor.png', 'Z', { type: 'Z' }),
      END,
    ]);
    const { members, remarks, error } = await walked(tar);
    expect(error).toBeNull();
    expect(members.map(({ name, offset }) => [name, tar.toString('latin1', offset, offset + 1)])).toEqual([
      ['long.png', 'L'],
      ['contiguous.png', 'C'],
      ['of old.png', 'V'],
      ['of a vendor.png', 'Z'],
    ]);
    expect(remarks).toEqual([{ what: 'FILE_PART', name: 'rest.png' }]);
  });

  it.each(['oldgnu', 'gnu', 'posix'])(
    'keep the long names of folders to themselves, in %s tars',
    async (format) => {
      const long = `d/${'folder'.repeat(20)}`;
      const tar = await made(
        `mkdir -p ${long}; cp a.png d; cp b.png ${long}
       tar --format=${format} --listed-incremental=list -cf x.tar d`,
      );
      // Python's tarfile takes the times in such headers for a part of the name.
      expect((await filesOf(tar)).toSorted()).toEqual([
        ['d/a.png', 'bytes of a'],
        [`${long}/b.png`, 'bytes of b'],
      ]);
    },
  );

  it('have the long name before a part of a file', async () => {
    const tar = Buffer.concat([
      tarEntry('././@LongLink', 'rest of a long name.png\0', { type: 'L' }),
      tarEntry('rest', 'the rest', { type: 'M' }),
      paxEntry([['path', 'label']]),
      tarEntry('label', '', { type: 'V' }),
      tarEntry('a.png', 'A'),
      END,
    ]);
    const { remarks } = await walked(tar);
    expect(remarks).toEqual([{ what: 'FILE_PART', name: 'rest of a long name.png' }]);
    expect(await filesOf(tar)).toEqual([['a.png', 'A']]);
  });

  it('do not hide a first volume whose last file is not whole', async () => {
    const tar = await made(
      `head -c 30000 /dev/zero > big.png; printf 'n 2.tar\\n' | tar -cf x.tar -M -L 20 a.png big.png > /dev/null`,
    );
    const { members, error } = await walked(tar);
    expect(members.map(({ name }) => name)).toEqual(['a.png']);
    expect(error?.message).toContain('expected 30000 bytes of "big.png" but the tar is cut off');
    const second = await walked(await readFile(join(dir, '2.tar')));
    expect(second).toMatchObject({ error: null, remarks: [{ what: 'FILE_PART', name: 'big.png' }] });
  });
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
    await writeFile(join(dir, 'plain.tar'), plain);
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
