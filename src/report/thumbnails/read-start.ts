import type { BucketReader } from '../../aws/bucket-reader.ts';

/** All of an object, or as much as shows that it is larger than `most` bytes. */
export async function readStart(
  images: Pick<BucketReader, 'stream'>,
  key: string,
  most: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of images.stream(key)) {
    parts.push(part);
    bytes += part.length;
    if (bytes > most) break;
  }
  return Buffer.concat(parts);
}
