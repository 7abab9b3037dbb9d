import type { ObjectStore } from '../aws/object-store.ts';
import { FanfleetError } from '../errors.ts';

/**
 * A file that somebody else has written, which may be far larger than what it is taken for. No more of it is read than is held.
 *
 * @param mostBytes that it may have
 * @returns null where there is none
 * @throws FanfleetError S3's code
 */
export async function readBounded(
  files: Pick<ObjectStore, 'stream'>,
  key: string,
  mostBytes: number,
): Promise<Buffer | 'too large' | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of files.stream(key)) {
      bytes += chunk.length;
      if (bytes > mostBytes) return 'too large';
      chunks.push(chunk);
    }
  } catch (reason) {
    if (reason instanceof FanfleetError && reason.code === 'OBJECT_NOT_FOUND') return null;
    throw reason;
  }
  return Buffer.concat(chunks, bytes);
}
