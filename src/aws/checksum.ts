import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

type Checksum = { readonly header: string; readonly of: (bytes: Buffer) => string };

/** The checksums of S3 that Node computes in native code. CRC-32C, CRC-64/NVME would cost more than the GET. */
const CHECKSUMS: readonly Checksum[] = [
  { header: 'x-amz-checksum-crc32', of: crc32Base64 },
  { header: 'x-amz-checksum-sha256', of: (bytes) => hash('sha256', bytes, 'base64') },
  { header: 'x-amz-checksum-sha1', of: (bytes) => hash('sha1', bytes, 'base64') },
];

/**
 * The header of a checksum that these bytes do not have, or undefined if there is none.
 *
 * @param headers of an answer with the whole object. The checksum of one that was uploaded in parts (`…-3`) is over
 *   the checksums of the parts, which cannot be told from the bytes, and is passed over.
 */
export function brokenChecksum(headers: ReadonlyMap<string, string>, bytes: Buffer): string | undefined {
  if (headers.get('x-amz-checksum-type') === 'COMPOSITE') return undefined;
  const broken = CHECKSUMS.find(({ header, of }) => {
    const sent = headers.get(header);
    return sent !== undefined && !sent.includes('-') && sent !== of(bytes);
  });
  return broken?.header;
}

function crc32Base64(bytes: Buffer): string {
  const value = Buffer.allocUnsafe(4);
  value.writeUInt32BE(crc32(bytes));
  return value.toString('base64');
}
