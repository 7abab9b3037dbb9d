/** Thrown where bytes are no sound tar; says what was expected and found, not where. */
export class TarDamage extends Error {
  override readonly name = 'TarDamage';
}

/** Names are bytes: nothing says that they are UTF-8. */
export type TarHeader = {
  readonly name: Buffer;
  /** What a link leads to. */
  readonly link: Buffer;
  /** Bytes of data behind the header, and of a sparse file behind its map. */
  readonly size: number;
  /** One character, e.g. `0` for a regular file, `5` for a folder, `x` for a PAX header; `\0` for a file of old. */
  readonly type: string;
  /** Of GNU's sparse files (type `S`): whether the next block goes on with their map. */
  readonly mapGoesOn: boolean;
};

/**
 * Read a header block: V7, ustar, PAX and GNU tars.
 *
 * @param block 512 bytes, not all of them zero
 * @throws TarDamage if the checksum or a number is wrong
 */
export function parseTarHeader(block: Buffer): TarHeader {
  checkSum(block);
  const name = text(block.subarray(0, 100));
  // GNU writes `ustar  ` and uses the prefix field for other things.
  const prefix =
    block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : Buffer.alloc(0);
  return {
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    link: text(block.subarray(157, 257)),
    size: number(block.subarray(124, 136)),
    type: String.fromCharCode(block[156] ?? 0),
    mapGoesOn: block[482] !== 0,
  };
}

/** Whether a block of the map of one of GNU's sparse files is not the last one. */
export function sparseMapGoesOn(block: Buffer): boolean {
  return block[504] !== 0;
}

/** What the headers before an entry say of it. */
export type TarRecords = {
  readonly path?: Buffer | undefined;
  readonly link?: Buffer | undefined;
  readonly size?: number | undefined;
  readonly sparse?: boolean;
};

/**
 * The records of a PAX header that matter here: `path`, `linkpath`, `size`, and those of the sparse files of GNU tar
 * (0.0, 0.1 and 1.0) and Solaris. An empty value takes back what was said before.
 *
 * @throws TarDamage
 */
export function parsePax(data: Buffer): TarRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : decimal(data.toString('latin1', at, space));
    const equals = data.indexOf(0x3d, space);
    const end = at + length - 1;
    if (!(equals > space && equals < end && data[end] === 0x0a)) {
      throw new TarDamage('expected PAX records `<length> <key>=<value>` but found others');
    }
    records.set(data.toString('latin1', space + 1, equals), data.subarray(equals + 1, end));
    at = end + 1;
  }
  const value = (key: string) => {
    const found = records.get(key);
    return found?.length === 0 ? undefined : found;
  };
  const size = value('size');
  // The path of a sparse file of version 1.0 is one that readers without sparse files are to use.
  const path = value('GNU.sparse.name') ?? value('path');
  const found = {
    ...(records.has('path') || path !== undefined ? { path } : {}),
    ...(records.has('linkpath') ? { link: value('linkpath') } : {}),
    ...(records.has('size') ? { size: size && decimal(size.toString('latin1')) } : {}),
    ...([...records.keys()].some(isSparse) ? { sparse: true } : {}),
  };
  if (Number.isNaN(found.size)) throw new TarDamage('expected a number of bytes in a PAX header');
  return found;
}

function isSparse(key: string): boolean {
  return key.startsWith('GNU.sparse.') || key === 'SUN.holesdata';
}

/** The name that an entry for GNU's long names holds. */
export function parseLongName(data: Buffer): Buffer {
  return text(data);
}

/** The sum of all bytes with the checksum itself as spaces. Some old programs added signed bytes. */
function checkSum(block: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < block.length; i += 1) {
    const own = i >= 148 && i < 156;
    unsigned += own ? 0x20 : block.readUInt8(i);
    signed += own ? 0x20 : block.readInt8(i);
  }
  const written = number(block.subarray(148, 156));
  if (written !== unsigned && written !== signed) {
    throw new TarDamage(`expected a header with the checksum ${unsigned} but it says ${written}`);
  }
}

/** Octal digits, or GNU's big-endian number behind a byte 0x80. */
function number(field: Buffer): number {
  let value = Number.NaN;
  if (field[0] === 0x80) {
    value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  } else {
    const digits = /^ *([0-7]*)(?:[ \0].*)?$/s.exec(field.toString('latin1'))?.[1];
    if (digits !== undefined) value = digits === '' ? 0 : Number.parseInt(digits, 8);
  }
  if (!Number.isSafeInteger(value))
    throw new TarDamage('expected a number in a header but found other bytes');
  return value;
}

function decimal(digits: string): number {
  const value = /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Up to the first zero byte. */
function text(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}
