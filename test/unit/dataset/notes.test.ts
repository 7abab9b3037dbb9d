import { describe, expect, it } from 'vitest';
import { noteSchema } from '../../../src/contract/plan.ts';
import { hasImageSuffix } from '../../../src/dataset/image-type.ts';
import { NoteLog, noteRemark, noteText } from '../../../src/dataset/notes.ts';
import { compressionOf, isCompressedShard } from '../../../src/dataset/shards/compression.ts';

describe('NoteLog', () => {
  it('counts what was remarked of tars, if it concerns images, and keeps a few examples', () => {
    const notes = new NoteLog();
    for (const name of ['a.png', 'a.txt', 'b.jpg', 'c.gif', `${'d'.repeat(600)}.tif`]) {
      noteRemark(notes, { what: 'SYMBOLIC_LINK', name }, 'x.tar', hasImageSuffix);
    }
    noteRemark(notes, { what: 'UNUSABLE_NAME', name: '' }, 'x.tar', hasImageSuffix);
    noteRemark(notes, { what: 'FILE_PART', name: `${'e'.repeat(600)}.png` }, 'x.tar', hasImageSuffix);
    const found = noteSchema.array().parse(notes.list());
    expect(found.map(({ code, count, examples }) => [code, count, examples.slice(0, 2)])).toEqual([
      ['SYMBOLIC_LINKS', 4, ['a.png in x.tar', 'b.jpg in x.tar']],
      ['FILE_PARTS', 1, [`${'e'.repeat(500)}…`]],
      ['UNUSABLE_NAMES', 1, ['no name in x.tar']],
    ]);
    expect(found[0]?.examples).toHaveLength(3);
    expect(found.map(noteText)[0]).toMatch(/with --dereference \(4, e\.g\. a\.png in x\.tar\)\.$/);
    expect(found.map(noteText)[2]).toMatch(/longer than 8 KiB \(no name in x\.tar\)\.$/);
  });
});

describe('a compressed tar', () => {
  it.each(['a.tar.gz', 'b/1.TGZ', 'c.tar.zst', 'd.tar.bz2', 'e.tar.xz', 'f.txz'])('is known by %s', (key) => {
    expect(isCompressedShard(key)).toBe(true);
  });

  it.each(['a.tar', 'a.gz', 'tar.gz/a', 'a.tar.txt', 'tgz'])('is not %s', (key) => {
    expect(isCompressedShard(key)).toBe(false);
  });

  it('is known by its first bytes', () => {
    expect(compressionOf(Buffer.from('1f8b08', 'hex'))).toBe('gzip');
    expect(compressionOf(Buffer.from('28b52ffd00', 'hex'))).toBe('zstd');
    expect(compressionOf(Buffer.from('a.png'))).toBeNull();
    expect(compressionOf(Buffer.alloc(0))).toBeNull();
  });
});
