/** First bytes of compressed files, by the name of the program. */
const MAGIC: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['compress', [0x1f, 0x9d]],
];

/** What the file that begins so was compressed with, `null` if with nothing that is known here. */
export function compressionOf(start: Uint8Array): string | null {
  const found = MAGIC.find(([, bytes]) => bytes.every((byte, i) => byte === start[i]));
  return found?.[0] ?? null;
}

/** Whether a key says that it is a compressed tar: `.tar.gz`, `.tgz`, `.tar.zst` … */
export function isCompressedShard(key: string): boolean {
  return /\.(tar\.(gz|zst|zstd|bz2|xz|lz4|lzma|lz|z|br)|tgz|tzst|tbz|tbz2|txz|taz|tlz)$/i.test(key);
}
