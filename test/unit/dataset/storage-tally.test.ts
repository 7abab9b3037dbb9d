import { expect, it } from 'vitest';
import { StorageTally } from '../../../src/dataset/storage-tally.ts';

const MIB = 1024 * 1024;

it('takes back what later files of the same names stand for, in the class of their tar', () => {
  const tally = new StorageTally();
  const loose = { key: 'a.png', size: 5, etag: '"a"' };
  const inTar = (size: number) => ({ key: 'b.png', size, etag: '"t"', shard: { key: 't.tar', offset: 512 } });
  tally.page([
    { ...loose, storageClass: 'STANDARD' },
    { key: 't.tar', size: 9 * MIB, etag: '"t"', storageClass: 'GLACIER_IR' },
  ]);
  tally.images([loose, inTar(4 * MIB), inTar(2 * MIB)]);
  // By then the listing is at another page.
  tally.page([]);
  tally.withdraw([inTar(4 * MIB)]);
  expect(tally.toJSON()).toEqual({
    GLACIER_IR: { items: 1, bytes: 2 * MIB, gets: 0.25, listingGets: 0 },
    STANDARD: { items: 1, bytes: 5, gets: 1, listingGets: 0 },
  });
});
