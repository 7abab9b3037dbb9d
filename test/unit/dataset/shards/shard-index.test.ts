import { describe, expect, it } from 'vitest';
import { indexKey, indexText, isShard, readIndex } from '../../../../src/dataset/shards/shard-index.ts';
import type { TarMember } from '../../../../src/dataset/shards/tar-walk.ts';

const TAR = { key: 'packed/000000.tar', etag: '"e-1"', size: 4096 };
const MEMBERS: readonly TarMember[] = [
  { name: 'a b.jpg', offset: 512, size: 600 },
  { name: 'é\u2028😀"\n.jpg', offset: 2048, size: 0 },
];

async function read(text: string, tar = TAR) {
  const lines = (async function* () {
    yield* text.split('\n').slice(0, -1);
  })();
  const members = await readIndex(lines, tar);
  return members === null ? null : Array.fromAsync(members);
}

describe('the index of a shard', () => {
  it('lies beside its tar', () => {
    expect(indexKey('a.tar/000000.tar')).toBe('a.tar/000000.index.jsonl');
    expect(['a.tar', 'a.TAR', 'a.tar.gz', 'tar'].map(isShard)).toEqual([true, true, false, false]);
  });

  it('gives back the members, whatever their names', async () => {
    expect(await read(indexText(TAR, MEMBERS))).toEqual(MEMBERS);
    expect(await read(indexText(TAR, []))).toEqual([]);
  });

  it('counts for its tar with or without quotes round the ETag, and for no other', async () => {
    const text = indexText(TAR, MEMBERS);
    expect(await read(text, { ...TAR, etag: 'e-1' })).toEqual(MEMBERS);
    expect(await read(text, { ...TAR, etag: '"e-2"' })).toBeNull();
    expect(await read(text, { ...TAR, size: 4097 })).toBeNull();
  });

  it.each(['', 'v1.2 2\n', '{"format":"fanfleet-shard-index","version":2}\n', '\n'])(
    'is none where it begins otherwise: %j',
    async (text) => {
      expect(await read(text)).toBeNull();
    },
  );

  const [header = '', first = '', second = ''] = indexText(TAR, MEMBERS).split('\n');
  it.each([
    ['is cut off', [header, first], '1 members of 2'],
    [
      'has more than it says',
      [header, first, second, '{"key":"c","offset":3000,"size":1}'],
      '3 members of 2',
    ],
    ['has half a line', [header, first, second.slice(0, -1)], 'line 3'],
    ['has files that overlap', [header, first, first], 'line 3 cannot be'],
    ['has a file behind the end', [header, first, '{"key":"c","offset":4096,"size":1}'], 'line 3 cannot be'],
  ])('is refused where it %s', async (_, lines, why) => {
    const failure = read(`${lines.join('\n')}\n`);
    await expect(failure).rejects.toMatchObject({ code: 'SHARD_INDEX_DAMAGED', source: 'user' });
    await expect(failure).rejects.toThrow(why);
    await expect(failure).rejects.toThrow('packed/000000.index.jsonl');
  });
});
