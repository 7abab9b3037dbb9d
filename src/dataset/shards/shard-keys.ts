import type { DatasetObject } from '../../contract/manifest.ts';
import type { Pages } from '../key-order.ts';

/**
 * What the key of an image in a tar is. `member`: its name in the tar. `path`: the key of the tar, a `/` and that name.
 * `auto`: its name, unless two tars have the same one; then it is `path` for all of them.
 */
export const SHARD_KEYS = ['auto', 'member', 'path'] as const;
export type ShardKeys = (typeof SHARD_KEYS)[number];

/** An object under the key that names its tar, if it is in one. */
export function withPath(object: DatasetObject): DatasetObject {
  const { key, shard } = object;
  return shard === undefined ? object : { ...object, key: `${shard.key}/${key}` };
}

export async function* withPaths(pages: Pages): AsyncGenerator<readonly DatasetObject[]> {
  for await (const page of pages) yield page.map(withPath);
}
