import { paddingBytes, TAR_END, tarHeader } from '../../src/dataset/shards/tar-header.ts';
import { type TarMember, type TarSource, walkTar } from '../../src/dataset/shards/tar-walk.ts';

/** A tar in memory, as `packShards` would write it. */
export function tarOf(files: readonly (readonly [name: string, data: Uint8Array])[]): Buffer {
  const parts = files.flatMap(([name, data]) => [
    tarHeader(name, data.length),
    Buffer.from(data),
    Buffer.alloc(paddingBytes(data.length)),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

/** Read a tar in memory to its end. */
export async function membersOf(tar: Buffer, name = 's3://b/x.tar'): Promise<TarMember[]> {
  return Array.fromAsync(walkTar(sourceOf(tar), { name, size: tar.length }));
}

function sourceOf(tar: Buffer): TarSource {
  let position = 0;
  return {
    async read(length) {
      position += length;
      return tar.subarray(position - length, position);
    },
    skip(length) {
      position += length;
    },
  };
}
