/** Headers and data of a tar come in blocks of so many bytes. */
export const BLOCK_BYTES = 512;

/** Two blocks of zeros end a tar. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

/** Of the file, in the size field of a ustar header: eleven octal digits, just under 8 GiB. */
const MAX_USTAR_SIZE = 0o77777777777;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** Bytes of zeros between the data of a member and its next block. */
export function paddingBytes(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** Bytes that `tarHeader` has for this member. */
export function headerBytes(name: string, size: number): number {
  const records = paxRecords(name, size);
  return records.length === 0 ? BLOCK_BYTES : 2 * BLOCK_BYTES + records.length + paddingBytes(records.length);
}

/** A whole tar of these files, in their order. */
export function tarOf(files: Iterable<readonly [name: string, data: Uint8Array]>): Buffer {
  const parts = Array.from(files, ([name, data]) => [
    tarHeader(name, data.length),
    data,
    Buffer.alloc(paddingBytes(data.length)),
  ]);
  return Buffer.concat([...parts.flat(), TAR_END]);
}

/**
 * The header of a regular file in the POSIX ustar format, mode 0644, owner and time 0, so that equal members are equal
 * bytes. A PAX header comes before it where ustar cannot hold the name (over 100 bytes, or 255 with a `/` in the right
 * place, or not ASCII) or the size.
 *
 * Format: POSIX.1-2017, "pax", sections "ustar Interchange Format" and "pax Extended Header".
 */
export function tarHeader(name: string, size: number): Buffer {
  const records = paxRecords(name, size);
  if (records.length === 0) return headerBlock({ ...(splitName(name) ?? { name, prefix: '' }), size });
  return Buffer.concat([
    headerBlock({ name: '././@PaxHeader', prefix: '', size: records.length, type: 'x' }),
    records,
    Buffer.alloc(paddingBytes(records.length)),
    // For readers without PAX; the others take name and size from the records.
    headerBlock({ name: asciiName(name), prefix: '', size: Math.min(size, MAX_USTAR_SIZE) }),
  ]);
}

function paxRecords(name: string, size: number): Buffer {
  return Buffer.concat([
    ...(splitName(name) === null ? [paxRecord('path', name)] : []),
    ...(size > MAX_USTAR_SIZE ? [paxRecord('size', String(size))] : []),
  ]);
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** How ustar holds a name, joined by a `/`; `null` if it cannot. */
function splitName(name: string): { name: string; prefix: string } | null {
  if (Buffer.byteLength(name) !== name.length || name.includes('\0')) return null; // not ASCII
  if (name.length <= NAME_BYTES) return { name, prefix: '' };
  const slash = name.indexOf('/', name.length - NAME_BYTES - 1);
  if (slash < 1 || slash > PREFIX_BYTES || slash === name.length - 1) return null;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function asciiName(name: string): string {
  return name
    .slice(-NAME_BYTES)
    .split('')
    .map((unit) => (unit > '\0' && unit < '\x80' ? unit : '_'))
    .join('');
}

type Fields = { name: string; prefix: string; size: number; type?: string };

function headerBlock({ name, prefix, size, type = '0' }: Fields): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  block.write(name, 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108); // uid
  block.write(octal(0, 7), 116); // gid
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136); // mtime
  block.write(' '.repeat(8), 148); // what the checksum counts in its own place
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  block.write(octal(0, 7), 329); // device
  block.write(octal(0, 7), 337);
  block.write(prefix, 345);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
