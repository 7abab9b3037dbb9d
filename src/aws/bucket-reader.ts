import { FanfleetError } from '../errors.ts';

/** The objects of one bucket, to be read. `ObjectStore` is one, and what stands for it in a test. */
export interface BucketReader {
  /** The whole object. Rejects with a FanfleetError `OBJECT_NOT_FOUND` where there is none. */
  get(key: string): Promise<Buffer>;
  /** The object in pieces, for what may be too large to hold. Rejects like `get`. */
  stream(key: string): AsyncIterable<Uint8Array>;
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
}

/** The object, or null where there is none; every other error is passed on. */
export async function getIfPresent(reader: Pick<BucketReader, 'get'>, key: string): Promise<Buffer | null> {
  try {
    return await reader.get(key);
  } catch (reason) {
    if (reason instanceof FanfleetError && reason.code === 'OBJECT_NOT_FOUND') return null;
    throw reason;
  }
}
