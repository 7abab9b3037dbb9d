import { isCompressedShard } from './compression.ts';
import { isShard } from './shard-index.ts';

/** Whether a file is taken for what is in it where it is named; of compressed tars the row says what to do. */
export function isLocalShard(key: string): boolean {
  return isShard(key) || isCompressedShard(key);
}
