import { FanfleetError } from '../../errors.ts';
import { BLOCK_BYTES, paddingBytes } from './tar-header.ts';
import { parseLongName, parsePax, parseTarHeader, TarDamage } from './tar-parse.ts';

/** A file in a tar: its `size` bytes begin at `offset`. */
export type TarMember = { readonly name: string; readonly offset: number; readonly size: number };

/** The bytes of a tar, from the first on. */
export type TarSource = {
  /** The next `length` bytes; fewer only where the tar ends. */
  read(length: number): Promise<Buffer>;
  /** Go on `length` bytes further, which may lie behind the end. */
  skip(length: number): void;
};

/** More than any name needs; a header that asks for more is damaged or hostile. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** Entries without data of their own: links, devices, folders, FIFOs. Their size field may say anything. */
const DATALESS: ReadonlySet<string> = new Set('123456');
/** What PAX (`g`), GNU and Sun add that is no file of this tar and says nothing of the next one. */
const NOT_FILES: ReadonlySet<string> = new Set('gKDMVNA');
/** What says something of the next file: PAX, the same as Sun wrote it, and GNU's long name. */
const EXTENSIONS: ReadonlySet<string> = new Set('xXL');

/**
 * The regular files of a tar, in its order, by reading its headers and skipping the data. Reads what the tools around
 * WebDataset write: V7, ustar, PAX (`path`, `size`) and GNU (long names, sizes from 8 GiB). Names are given as they
 * are, a leading `./` too. Folders, links and devices are passed over.
 *
 * @param tar how it is called in errors, and its size in bytes
 * @throws FanfleetError `SHARD_DAMAGED` for a wrong checksum, a file that does not fit in, or a tar without an end;
 * `SHARD_UNSUPPORTED` for sparse files; and what the source throws
 */
export async function* walkTar(
  source: TarSource,
  tar: { readonly name: string; readonly size: number },
): AsyncGenerator<TarMember> {
  let position = 0;
  /** What the entries before a file say of it. */
  let given: { path?: string; size?: number } = {};

  const readExtension = async (type: string, size: number): Promise<void> => {
    if (size > MAX_EXTENSION_BYTES) throw new TarDamage(`expected a name but found ${size} bytes`);
    const data = await source.read(size);
    if (data.length < size) throw new TarDamage('expected a name but the tar ends within it');
    if (type === 'L') {
      given.path = parseLongName(data);
      return;
    }
    const { sparse, ...records } = parsePax(data);
    if (sparse) throw unsupported(tar.name, position);
    given = { ...given, ...records };
  };

  for (;;) {
    try {
      const block = await source.read(BLOCK_BYTES);
      if (block.length < BLOCK_BYTES) {
        throw new TarDamage('expected another header, or the zeros at the end, but the tar is cut off');
      }
      const header = parseTarHeader(block);
      if (header === null) return;
      const { type } = header;
      if (type === 'S') throw unsupported(tar.name, position);
      const isExtension = EXTENSIONS.has(type);
      const isFile = !isExtension && !DATALESS.has(type) && !NOT_FILES.has(type);
      const name = (isFile ? given.path : undefined) ?? header.name;
      const size = DATALESS.has(type) ? 0 : ((isFile ? given.size : undefined) ?? header.size);
      const offset = position + BLOCK_BYTES;
      if (offset + size > tar.size) {
        throw new TarDamage(`expected ${size} bytes of ${JSON.stringify(name)} but the tar is cut off`);
      }
      if (isExtension) await readExtension(type, size);
      else if (!NOT_FILES.has(type)) given = {};
      source.skip((isExtension ? 0 : size) + paddingBytes(size));
      position = offset + size + paddingBytes(size);
      // A tar from before folders had a type of their own ends their names with a slash.
      if (isFile && !name.endsWith('/')) yield { name, offset, size };
    } catch (reason) {
      throw reason instanceof TarDamage ? damaged(tar.name, position, reason) : reason;
    }
  }
}

function damaged(name: string, at: number, reason: TarDamage): FanfleetError {
  const hint = at === 0 ? 'make it a tar without compression' : 'write it again';
  return new FanfleetError(
    'SHARD_DAMAGED',
    `Expected a sound tar at ${name} but at byte ${at}: ${reason.message}; ${hint}, or take it out of the prefix.`,
    { cause: reason, source: 'user' },
  );
}

function unsupported(name: string, at: number): FanfleetError {
  return new FanfleetError(
    'SHARD_UNSUPPORTED',
    `Expected whole files in ${name} but at byte ${at} there is a sparse one: write the tar without --sparse.`,
    { source: 'user' },
  );
}
