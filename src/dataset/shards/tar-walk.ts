import { FanfleetError } from '../../errors.ts';
import { nameText } from '../name-text.ts';
import { compressionOf } from './compression.ts';
import { LinkTargets, type Place } from './link-targets.ts';
import { TarBlocks, type TarSource } from './tar-blocks.ts';
import {
  parseLongName,
  parsePax,
  parseTarHeader,
  sparseMapGoesOn,
  TarDamage,
  type TarHeader,
  type TarRecords,
} from './tar-parse.ts';
import { BLOCK_BYTES, paddingBytes } from './tar-writer.ts';

/** Why a file in a sound tar cannot be read: a code of `IMAGE_ERRORS`. */
export type MemberRefusal = 'SHARD_MEMBER_SPARSE' | 'SHARD_LINK_BROKEN' | 'NAME_NOT_UTF8';

/** A file in a tar: its `size` bytes begin at `offset`, unless it is refused; it then has none. */
export type TarMember = {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly refused?: MemberRefusal;
};

/** What is in a tar and no file of it, and would be missed if nobody said so. */
export type TarRemark =
  | {
      /** A part of a file goes on from another volume. A name is unusable if it is empty or over 8 KiB. */
      readonly what: 'SYMBOLIC_LINK' | 'SPECIAL_FILE' | 'FILE_PART' | 'UNUSABLE_NAME';
      readonly name: string;
    }
  | {
      /** Behind the end of the tar there is something, from `offset` on, that is no tar. */
      readonly what: 'TRAILING_BYTES';
      readonly offset: number;
      readonly bytes: number;
    };

/** More than any name needs; a header that asks for more is damaged or hostile. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** A batch of a manifest has 200 KiB, and a byte may take six there. */
const MAX_NAME_BYTES = 8 * 1024;
const [HARD_LINK, SYMBOLIC_LINK, FOLDER, SPARSE, FILE_PART] = ['1', '2', '5', 'S', 'M'];
/** Devices and FIFOs. Like links and folders they have no data, whatever their size field says. */
const SPECIAL: ReadonlySet<string> = new Set('346');
/** Entries of GNU tar that are no files of this tar: the list of a folder, a part of a file, the label. */
const NOT_FILES: ReadonlySet<string> = new Set('DMV');
/** What PAX, GNU and Sun may put between the headers of a file: no entries, and nothing that matters here. */
const PASSED_OVER: ReadonlySet<string> = new Set('gNA');
/** What says something of the next entry: PAX, the same as Sun wrote it, and GNU's long names of files and links. */
const EXTENSIONS: ReadonlySet<string> = new Set('xXLK');

const ZEROS = Buffer.alloc(BLOCK_BYTES);

export type WalkOptions = {
  /** How the tar is called in errors, and its size in bytes. */
  readonly name: string;
  readonly size: number;
  readonly onRemark?: ((remark: TarRemark) => void) | undefined;
};

/**
 * The files of a tar, in its order, by reading its headers and skipping the data. Reads what GNU tar, bsdtar, Python and
 * the tools around WebDataset write: V7, ustar, PAX (`path`, `linkpath`, `size`) and GNU (long names, sizes from 8 GiB).
 * Names are given as they are, a leading `./` too; one that is not UTF-8 as `nameText` has it, and refused.
 *
 * A hard link has the bytes of the file that it leads to, among the last 100,000 before it, or its own if it has some.
 * Sparse files are passed over correctly, and refused. Behind zeros that end a tar another one may follow, as for
 * `tar --ignore-zeros`.
 *
 * @throws FanfleetError `SHARD_DAMAGED` for a wrong checksum, a file that does not fit in, or a tar without an end,
 * once all files before it were given; `SHARD_COMPRESSED` before any; and what the source throws
 */
export async function* walkTar(source: TarSource, options: WalkOptions): AsyncGenerator<TarMember> {
  const walk = new TarWalk(source, options);
  try {
    for (let entry = await walk.next(); entry !== null; entry = await walk.next()) {
      const member = await walk.memberOf(entry);
      if (member !== null) yield member;
    }
  } catch (reason) {
    throw reason instanceof TarDamage ? damaged(options.name, walk.at, reason) : reason;
  }
}

type Entry = Pick<TarHeader, 'type' | 'name' | 'link' | 'size' | 'mapGoesOn'> & { readonly sparse: boolean };

class TarWalk {
  readonly #blocks: TarBlocks;
  readonly #options: WalkOptions;
  readonly #targets = new LinkTargets<MemberRefusal>();
  /** Where the header at hand begins. */
  at = 0;

  constructor(source: TarSource, options: WalkOptions) {
    this.#blocks = new TarBlocks(source);
    this.#options = options;
  }

  /** The next entry, with what the headers before it say of it; null at the end. */
  async next(): Promise<Entry | null> {
    let given: TarRecords = {};
    for (;;) {
      const header = await this.#header();
      if (header === null) return null;
      const { type } = header;
      if (EXTENSIONS.has(type)) {
        given = { ...given, ...(await this.#extension(header)) };
      } else if (PASSED_OVER.has(type)) {
        this.#skip(header.name, header.size);
      } else {
        const { path: name = header.name, link = header.link, size = header.size } = given;
        if (NOT_FILES.has(type)) {
          // A long name before it is its own, and not that of the file behind it.
          if (type === FILE_PART) this.#remark('FILE_PART', name);
          this.#skip(name, size);
          given = {};
          continue;
        }
        return { ...header, name, link, size, sparse: type === SPARSE || given.sparse === true };
      }
    }
  }

  /** The file that an entry is, if it is one. */
  async memberOf(entry: Entry): Promise<TarMember | null> {
    const { type, name } = entry;
    if (type === HARD_LINK) return this.#hardLink(entry);
    if (type === FOLDER) return null;
    if (type === SYMBOLIC_LINK || SPECIAL.has(type)) {
      this.#targets.delete(name);
      this.#remark(type === SYMBOLIC_LINK ? 'SYMBOLIC_LINK' : 'SPECIAL_FILE', name);
      return null;
    }
    return this.#file(entry);
  }

  async #file({ type, name, size, sparse, mapGoesOn }: Entry): Promise<TarMember | null> {
    if (type === SPARSE && mapGoesOn) await this.#skipMap();
    const offset = this.#blocks.position;
    this.#skip(name, size);
    // A tar from before folders had a type of their own ends their names with a slash.
    if (name.at(-1) === 0x2f) return null;
    return this.#named(name, { offset, size, refused: sparse ? 'SHARD_MEMBER_SPARSE' : undefined });
  }

  /** POSIX lets a hard link have data of its own since 2001; before, tars had a size there and no data. */
  async #hardLink(entry: Entry): Promise<TarMember | null> {
    if (entry.size > 0 && !isHeader(await this.#blocks.peek())) return this.#file(entry);
    const broken = { offset: this.#blocks.position, size: 0, refused: 'SHARD_LINK_BROKEN' } as const;
    return this.#named(entry.name, this.#targets.find(entry.link) ?? broken);
  }

  #named(name: Buffer, place: Place<MemberRefusal>): TarMember | null {
    this.#targets.set(name, place);
    if (name.length === 0 || name.length > MAX_NAME_BYTES) {
      this.#remark('UNUSABLE_NAME', name);
      return null;
    }
    const { text, exact } = nameText(name);
    const { offset, size, refused } = exact ? place : { ...place, refused: 'NAME_NOT_UTF8' as const };
    return refused === undefined ? { name: text, offset, size } : { name: text, offset, size: 0, refused };
  }

  /** The next header that is there, behind any zeros; null at the end. */
  async #header(): Promise<TarHeader | null> {
    for (let ended = false; ; ended = true) {
      this.at = this.#blocks.position;
      const block = await this.#blocks.next();
      if (block.length === BLOCK_BYTES && isZeros(block)) continue;
      try {
        if (block.length === BLOCK_BYTES) return parseTarHeader(block);
        if (ended && isZeros(block)) return null;
        throw new TarDamage('expected another header, or the zeros at the end, but the tar is cut off');
      } catch (reason) {
        const compression = this.at === 0 ? compressionOf(block) : null;
        if (compression !== null) throw compressed(this.#options.name, compression);
        // Zeros may also be a part of the tar that was lost: files behind it are not to be lost in silence.
        if (!ended || !(reason instanceof TarDamage) || (await this.#hasHeaderBehind())) throw reason;
        const bytes = this.#options.size - this.at;
        this.#options.onRemark?.({ what: 'TRAILING_BYTES', offset: this.at, bytes });
        return null;
      }
    }
  }

  async #hasHeaderBehind(): Promise<boolean> {
    for (;;) {
      const block = await this.#blocks.next();
      if (block.length < BLOCK_BYTES) return false;
      if (!isZeros(block) && isHeader(block)) return true;
    }
  }

  async #extension({ type, size }: TarHeader): Promise<TarRecords> {
    if (size > MAX_EXTENSION_BYTES) throw new TarDamage(`expected a name but found ${size} bytes`);
    const data = await this.#blocks.read(size);
    if (data.length < size) throw new TarDamage('expected a name but the tar is cut off within it');
    this.#blocks.skip(paddingBytes(size));
    if (type === 'L') return { path: parseLongName(data) };
    return type === 'K' ? { link: parseLongName(data) } : parsePax(data);
  }

  async #skipMap(): Promise<void> {
    for (let goesOn = true; goesOn; ) {
      const block = await this.#blocks.next();
      if (block.length < BLOCK_BYTES) throw new TarDamage('expected a sparse file but the tar is cut off');
      goesOn = sparseMapGoesOn(block);
    }
  }

  #skip(name: Buffer, size: number): void {
    if (this.#blocks.position + size > this.#options.size) {
      throw new TarDamage(`expected ${size} bytes of ${quoted(name)} but the tar is cut off`);
    }
    if (size > 0) this.#blocks.skip(size + paddingBytes(size));
  }

  #remark(what: Exclude<TarRemark['what'], 'TRAILING_BYTES'>, name: Buffer): void {
    this.#options.onRemark?.({ what, name: nameText(name.subarray(0, MAX_NAME_BYTES)).text });
  }
}

function isHeader(block: Buffer): boolean {
  if (block.length < BLOCK_BYTES) return false;
  if (isZeros(block)) return true;
  try {
    parseTarHeader(block);
    return true;
  } catch {
    return false;
  }
}

function isZeros(block: Buffer): boolean {
  return block.equals(ZEROS.subarray(0, block.length));
}

function quoted(name: Buffer): string {
  return JSON.stringify(nameText(name.subarray(0, BLOCK_BYTES)).text);
}

function damaged(name: string, at: number, reason: TarDamage): FanfleetError {
  const hint = at === 0 ? 'make it a tar' : 'write it again';
  return new FanfleetError(
    'SHARD_DAMAGED',
    `Expected a sound tar at ${name} but at byte ${at}: ${reason.message}; ${hint}, or take it out of the prefix.`,
    { cause: reason, source: 'user' },
  );
}

function compressed(name: string, how: string): FanfleetError {
  return new FanfleetError(
    'SHARD_COMPRESSED',
    `Expected a tar without compression at ${name} but it is compressed by ${how}, so that no file in it can be read by itself: unpack it to a plain tar.`,
    { source: 'user' },
  );
}
