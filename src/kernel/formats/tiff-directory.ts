import { MAX_SIDE, must } from './still.ts';

/** The types of tags that are read and written, by their numbers in TIFF 6.0 (page 15). */
export const SHORT = 3;
export const LONG = 4;

const NEW_SUBFILE_TYPE = 254;
const REDUCED = 1;
const MASK = 4;
/** The older form of that tag. */
const SUBFILE_TYPE = 255;
const OLD_REDUCED = 2;
const SUB_IFDS = 330;

export type Directory = ReadonlyMap<number, readonly number[]>;

/**
 * Where the directory of the first whole image lies: the first that calls itself neither a reduced copy nor a mask, among
 * the pages of the file or else among those below them (SubIFDs). It is the first page if all call themselves so.
 */
export function findWholeImage(data: Buffer, little: boolean): number {
  const { u16, u32 } = integersOf(data, little);
  // 43 is BigTIFF, for files over 4 GiB.
  must(u16(2) === 42, 'UNSUPPORTED_VARIANT');
  const first = u32(4);
  const below: number[] = [];
  let unread = data.length;
  const isWhole = (start: number): boolean => {
    const entries = u16(start);
    // Directories that lie over one another, or lead back, would take time that grows with the square of their number.
    unread -= 6 + 12 * entries;
    must(unread >= 0);
    let whole = true;
    for (let at = start + 2; at < start + 2 + 12 * entries; at += 12) {
      const tag = u16(at);
      const value = u16(at + 2) === SHORT ? u16(at + 8) : u32(at + 8);
      if (tag === NEW_SUBFILE_TYPE && (value & (REDUCED | MASK)) > 0) whole = false;
      if (tag === SUBFILE_TYPE && value === OLD_REDUCED) whole = false;
      if (tag === SUB_IFDS) {
        const count = u32(at + 4);
        unread -= 4 * count;
        must(unread >= 0);
        for (let place = 0; place < count; place += 1)
          below.push(count === 1 ? value : u32(value + 4 * place));
      }
    }
    return whole;
  };
  for (let start = first; start !== 0; start = u32(start + 2 + 12 * u16(start))) {
    if (isWhole(start)) return start;
  }
  return [...below].find(isWhole) ?? first;
}

/** The wanted tags of the directory that lies at `start`, whose values must be 8-, 16- or 32-bit integers. */
export function readDirectory(
  data: Buffer,
  little: boolean,
  start: number,
  wanted: ReadonlySet<number>,
): Directory {
  const { u16, u32 } = integersOf(data, little);
  const tags = new Map<number, number[]>();
  const entries = u16(start);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = start + 2 + 12 * entry;
    const tag = u16(at);
    if (!wanted.has(tag)) continue;
    const read = { 1: (place: number) => data.readUInt8(place), [SHORT]: u16, [LONG]: u32 }[u16(at + 2)];
    const bytes = { 1: 1, [SHORT]: 2, [LONG]: 4 }[u16(at + 2)];
    const count = u32(at + 4);
    // No tag has more than the offset of a strip for each row.
    must(read !== undefined && bytes !== undefined && count > 0 && count <= MAX_SIDE && !tags.has(tag));
    const from = bytes * count <= 4 ? at + 8 : u32(at + 8);
    must(from + bytes * count <= data.length);
    tags.set(
      tag,
      Array.from({ length: count }, (_, index) => read(from + bytes * index)),
    );
  }
  return tags;
}

/** A directory that lies at `offset`, its values behind it; tags without values are left out. */
export function writeDirectory(
  offset: number,
  little: boolean,
  all: readonly (readonly [tag: number, type: number, values: readonly number[]])[],
): Buffer {
  const entries = all.filter(([, , values]) => values.length > 0);
  const size = 2 + 12 * entries.length + 4;
  const bytes = entries.map(([, type, values]) => (type === SHORT ? 2 : 4) * values.length);
  const directory = Buffer.alloc(bytes.reduce((sum, length) => sum + (length > 4 ? length : 0), size));
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  view.setUint16(0, entries.length, little);
  let behind = size;
  entries.forEach(([tag, type, values], entry) => {
    const at = 2 + 12 * entry;
    const length = bytes[entry] ?? 0;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, values.length, little);
    let place = at + 8;
    if (length > 4) {
      view.setUint32(place, offset + behind, little);
      place = behind;
      behind += length;
    }
    for (const value of values) {
      if (type === SHORT) view.setUint16(place, value, little);
      else view.setUint32(place, value, little);
      place += type === SHORT ? 2 : 4;
    }
  });
  return directory;
}

function integersOf(data: Buffer, little: boolean) {
  return {
    u16: (at: number) => (little ? data.readUInt16LE(at) : data.readUInt16BE(at)),
    u32: (at: number) => (little ? data.readUInt32LE(at) : data.readUInt32BE(at)),
  };
}
