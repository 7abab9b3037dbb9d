import { describe, expect, it } from 'vitest';
import { END, tarTools } from '../../../support/tar-tools.ts';
import { paxEntry, tarEntry } from '../../../support/tars.ts';

const { made, filesOf, filesByPython } = tarTools();

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
