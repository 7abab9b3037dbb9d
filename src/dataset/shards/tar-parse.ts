/** Thrown where bytes are no sound tar; says what was expected and found, not where. */
export class TarDamage extends Error {
  override readonly name = 'TarDamage';
}

export type TarHeader = {
  readonly name: string;
  /** Bytes of data behind the header. */
  readonly size: number;
  /** One character, e.g. `0` for a regular file, `5` for a folder, `x` for a PAX header; `\0` for a file of old. */
  readonly type: string;
};

/**
 * Read a header block: V7, ustar, PAX and GNU tars. `null` for a block of zeros, which ends the tar.
 *
 * @param block 512 bytes
 * @throws TarDamage if the checksum or a number is wrong
 */
export function parseTarHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  checkSum(block);
  const name = text(block.subarray(0, 100));
  // GNU writes `ustar  ` and uses the prefix field for other things.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(block.subarray(124, 136)),
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** The records of a PAX header that matter here. @throws TarDamage */
export function parsePax(data: Buffer): { path?: string; size?: number; sparse?: boolean } {
  const found: { path?: string; size?: number; sparse?: boolean } = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : decimal(data.toString('latin1', at, space));
    const equals = data.indexOf(0x3d, space);
    const end = at + length - 1;
    if (!(equals > space && equals < end && data[end] === 0x0a)) {
      throw new TarDamage('expected PAX records `<length> <key>=<value>` but found others');
    }
    const key = data.toString('latin1', space + 1, equals);
    const value = data.subarray(equals + 1, end);
    if (key === 'path') found.path = utf8(value);
    if (key === 'size') found.size = decimal(value.toString('latin1'));
    if (key.startsWith('GNU.sparse.')) found.sparse = true;
    at = end + 1;
  }
  if (Number.isNaN(found.size)) throw new TarDamage('expected a number of bytes in a PAX header');
  return found;
}

/** The name that a GNU long name entry holds. @throws TarDamage */
export function parseLongName(data: Buffer): string {
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
    const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
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
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return utf8(end < 0 ? field : field.subarray(0, end));
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TarDamage('expected a name in UTF-8 but found other bytes');
  }
}
