import { headerBytes, paddingBytes, TAR_END } from './tar-writer.ts';

/** Below it a GET brings too little to be worth it; above it the parts of an upload would not be enough. */
export const SHARD_BYTES_RANGE = { min: 1024 * 1024, max: 64 * 1024 ** 3 } as const;

/** Most members of a shard, however small they are: what bounds the memory of packing and of reading an index. */
const MAX_MEMBERS = 100_000;

/** An image to be packed. */
export type PackImage = { readonly key: string; readonly size: number };

/**
 * Cut images into shards: consecutive runs whose tar has at most `shardBytes`. An image that is larger is a shard of
 * its own. Holds one shard's images and a page.
 */
export async function* cutShards<Image extends PackImage>(
  pages: AsyncIterable<readonly Image[]>,
  shardBytes: number,
): AsyncGenerator<Image[]> {
  let shard: Image[] = [];
  let bytes = TAR_END.length;
  for await (const page of pages) {
    for (const image of page) {
      const added = headerBytes(image.key, image.size) + image.size + paddingBytes(image.size);
      if (shard.length === MAX_MEMBERS || (shard.length > 0 && bytes + added > shardBytes)) {
        yield shard;
        shard = [];
        bytes = TAR_END.length;
      }
      shard.push(image);
      bytes += added;
    }
  }
  if (shard.length > 0) yield shard;
}
