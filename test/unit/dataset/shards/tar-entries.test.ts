import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { END, tarTools } from '../../../support/tar-tools.ts';
import { paxEntry, tarEntry, walked } from '../../../support/tars.ts';

const { made, filesOf, folder } = tarTools();

const LATIN1 = Buffer.from('caf\xe9.png', 'latin1');

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
    const second = await walked(await readFile(join(folder(), '2.tar')));
    expect(second).toMatchObject({ error: null, remarks: [{ what: 'FILE_PART', name: 'big.png' }] });
  });
});
