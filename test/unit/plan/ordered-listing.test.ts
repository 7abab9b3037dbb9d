import { describe, expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import type { Pages } from '../../../src/dataset/key-order.ts';
import type { ListingTally } from '../../../src/dataset/list-images.ts';
import type { ShardKeys } from '../../../src/dataset/shards/shard-keys.ts';
import { writeInOrder } from '../../../src/plan/ordered-listing.ts';

/** A file in a tar: `0:a` is a in 0.tar. */
function member(text: string, offset: number): DatasetObject {
  const [tar, key = ''] = text.split(':');
  return { key, size: 1, etag: '"e"', shard: { key: `${tar}.tar`, offset } };
}

async function written(members: string, shardKeys: ShardKeys, sortLimit?: number) {
  let listings = 0;
  const list = (tally: ListingTally): Pages => {
    listings += 1;
    tally.shards += 2;
    tally.lists += 1;
    return [members.split(' ').map(member)];
  };
  const write = async (pages: Pages) => {
    const keys: string[] = [];
    for await (const page of pages) keys.push(...page.map(({ key }) => key));
    return keys.join(' ');
  };
  const { tally, ...rest } = await writeInOrder(list, write, shardKeys, sortLimit);
  expect(tally.lists).toBe(listings);
  const withdrawn = tally.storage.toJSON().STANDARD?.items ?? 0;
  return {
    ...rest,
    listings,
    shards: tally.shards,
    notes: tally.notes.list().map(({ code }) => code),
    ...(withdrawn !== 0 && { withdrawn }),
  };
}

describe('writeInOrder', () => {
  it.each([
    ['0:a 0:b 1:c', 'a b c', 1],
    ['0:c 0:b 1:a', 'a b c', 2],
  ])('has names as keys where they are all different: %s', async (members, keys, listings) => {
    for (const shardKeys of ['auto', 'member'] as const) {
      const found = await written(members, shardKeys);
      expect(found).toEqual({ written: keys, shardKeys: 'member', listings, shards: 2, notes: [] });
    }
  });

  it.each([
    ['0:a 0:b 1:a 1:b', '0.tar/a 0.tar/b 1.tar/a 1.tar/b', 2],
    ['0:a 0:b 1:b', '0.tar/a 0.tar/b 1.tar/b', 2],
    ['0:b 0:a 1:c 1:a', '0.tar/a 0.tar/b 1.tar/a 1.tar/c', 2],
  ])('has keys that name the tars where names repeat: %s', async (members, keys, listings) => {
    const found = await written(members, 'auto');
    expect(found).toMatchObject({ written: keys, shardKeys: 'path', listings, notes: ['KEYS_NAME_SHARDS'] });
    expect(await written(members, 'path')).toMatchObject({ written: keys, shardKeys: 'path', notes: [] });
    await expect(written(members, 'member')).rejects.toMatchObject({ code: 'DUPLICATE_KEY', source: 'user' });
  });

  it('has them where too many names come without order, if the tars are in order', async () => {
    const members = '0:x 0:y 1:a 1:b';
    expect(await written(members, 'auto', 4)).toMatchObject({ written: 'a b x y', shardKeys: 'member' });
    expect(await written(members, 'auto', 3)).toMatchObject({
      written: '0.tar/x 0.tar/y 1.tar/a 1.tar/b',
      shardKeys: 'path',
      notes: ['KEYS_NAME_SHARDS'],
    });
    for (const [shardKeys, names] of [['member', members] as const, ['auto', '0:y 0:x 1:b 1:a'] as const]) {
      const failure = written(names, shardKeys, 3);
      await expect(failure).rejects.toMatchObject({ code: 'TOO_MANY_UNORDERED_KEYS' });
    }
  });

  it('has the last of the files of one name in one tar, and notes each of the others once', async () => {
    const found = await written('0:a 0:b 0:a 1:b 1:b 1:b', 'auto');
    expect(found).toMatchObject({ written: '0.tar/a 0.tar/b 1.tar/b', shardKeys: 'path' });
    expect(found.notes).toEqual(['EARLIER_VERSIONS', 'KEYS_NAME_SHARDS']);
    expect(found.withdrawn).toBe(-3);
  });
});
