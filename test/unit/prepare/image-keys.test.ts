import { expect, it } from 'vitest';
import type { DatasetObject } from '../../../src/contract/manifest.ts';
import { imageKeys } from '../../../src/prepare/image-keys.ts';

async function* batchesOf(...objects: Pick<DatasetObject, 'key' | 'shard'>[]) {
  yield { batch: 0, bytes: 0, objects: objects.map((object) => ({ size: 1, etag: 'e', ...object })) };
}

const shard = { key: 'train/1.tar', offset: 512 };
it.each([
  [{ key: 'train/cat/1.png' }, 'train/', 'cat'],
  [{ key: 'train/1.png' }, 'train/', null],
  [{ key: 'train/cat/1.png' }, 'train/ca', 'cat'],
  [{ key: 'train/cat/1.png' }, 'train/cat/', null],
  [{ key: 'cat/1.png', shard }, 'train/', 'cat'],
  [{ key: './1.png', shard }, 'train/', null],
  [{ key: 'train/1.tar/cat/1.png', shard }, 'train/', 'cat'],
  [{ key: 'train/1.tar/1.png', shard }, 'train/', null],
])('the folder of %j below %s is %s', async (object, prefix, folder) => {
  expect(await imageKeys(batchesOf(object), prefix, 1)).toEqual({
    ...{ keys: [object.key], folders: [folder], count: 1 },
    inTar: 'shard' in object ? object.key : null,
  });
});

it('holds no keys where there are too many', async () => {
  const images = await imageKeys(batchesOf({ key: 'a/1' }, { key: 'a/2' }), '', 1);
  expect(images).toEqual({ keys: [], folders: [], count: 2, inTar: null });
});
