import type { FileBytes } from './file-bytes.ts';

/** Where a file lies in a zip that has it as it is. */
export interface ZipEntry {
  readonly offset: number;
  readonly length: number;
}

/** The record at the end, which a comment of at most 65,535 bytes follows (APPNOTE.TXT, 4.3.16). */
const END = { magic: 0x06054b50, bytes: 22, mostComment: 0xffff } as const;
/** What stands before it where 32 bits are too few, or somebody wants it: 4.3.15, and 4.3.14. */
const END64_LOCATOR = { magic: 0x07064b50, bytes: 20 } as const;
const END64 = { magic: 0x06064b50, bytes: 56 } as const;
/** Of a file in the directory, and before the file itself: 4.3.12 and 4.3.7. */
const ENTRY = { magic: 0x02014b50, bytes: 46 } as const;
const LOCAL = { magic: 0x04034b50, bytes: 30 } as const;
/** What a field of 32 bits has where the extra field with this number has it in 64: 4.5.3. */
const [IN_EXTRA, EXTRA64] = [0xffffffff, 1];

/**
 * The files in a zip, by their names.
 *
 * @throws RangeError where it is damaged, or a file is compressed
 */
export function zipEntries(bytes: FileBytes): Map<string, ZipEntry> {
  const { count, offset, length } = directoryOf(bytes);
  const directory = bytes.read(offset, length);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0, entry = 0; entry < count; entry += 1) {
    if (directory.readUInt32LE(at) !== ENTRY.magic)
      throw new RangeError('the directory of its zip is damaged');
    const [nameLength, extraLength] = [directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30)];
    const extraAt = at + ENTRY.bytes + nameLength;
    const name = directory.toString('utf8', at + ENTRY.bytes, extraAt);
    if (directory.readUInt16LE(at + 10) !== 0) throw new RangeError(`${name} is compressed in it`);
    const wide = wideFields(directory.subarray(extraAt, extraAt + extraLength));
    const size = wide(directory.readUInt32LE(at + 24));
    wide(directory.readUInt32LE(at + 20));
    const local = wide(directory.readUInt32LE(at + 42));
    entries.set(name, { offset: contentAt(bytes, local), length: size });
    at = extraAt + extraLength + directory.readUInt16LE(at + 32);
  }
  return entries;
}

function directoryOf(bytes: FileBytes): { count: number; offset: number; length: number } {
  const tailAt = Math.max(0, bytes.length - END.bytes - END.mostComment);
  const tail = bytes.read(tailAt, bytes.length - tailAt);
  let at = tail.length - END.bytes;
  while (at >= 0 && tail.readUInt32LE(at) !== END.magic) at -= 1;
  if (at < 0) throw new RangeError('the end of its zip is missing');
  const locatorAt = at - END64_LOCATOR.bytes;
  if (locatorAt >= 0 && tail.readUInt32LE(locatorAt) === END64_LOCATOR.magic) {
    const end = bytes.read(Number(tail.readBigUInt64LE(locatorAt + 8)), END64.bytes);
    if (end.readUInt32LE(0) !== END64.magic) throw new RangeError('the end of its zip is damaged');
    const [count, length, offset] = [32, 40, 48].map((field) => Number(end.readBigUInt64LE(field)));
    return { count: count ?? 0, length: length ?? 0, offset: offset ?? 0 };
  }
  return {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
}

/** Takes one field after the other, in the order of 4.5.3, and gives what it is. */
function wideFields(extra: Buffer): (field: number) => number {
  let at = 0;
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== EXTRA64) at += 4 + extra.readUInt16LE(at + 2);
  let next = at + 4;
  return (field) => {
    if (field !== IN_EXTRA) return field;
    next += 8;
    return Number(extra.readBigUInt64LE(next - 8));
  };
}

/** Behind a header of its own, whose extra field pads it. */
function contentAt(bytes: FileBytes, local: number): number {
  const header = bytes.read(local, LOCAL.bytes);
  if (header.readUInt32LE(0) !== LOCAL.magic) throw new RangeError('a file in its zip is damaged');
  return local + LOCAL.bytes + header.readUInt16LE(26) + header.readUInt16LE(28);
}
