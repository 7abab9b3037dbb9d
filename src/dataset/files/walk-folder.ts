import type { ImageErrorCode } from '../../contract/row.ts';
import type { LocalErrorCode } from './local-failure.ts';
import type { NameList } from './name-list.ts';
import { type NameOptions, readNames } from './read-names.ts';

/** A file that was come to, or a folder or tar whose files cannot be given. */
export type FoundFile = {
  /** Its path from the root of the walk on, with `/` between the steps; that of a folder ends in `/`. */
  readonly key: string;
  /** What it is opened by: its bytes, where they are not UTF-8. */
  readonly path: string | Buffer;
  /** Where it lies in a tar, whose path it then has. */
  readonly span?: { readonly offset: number; readonly size: number };
  /** Why there are no bytes, where that is known already: of a folder or tar, of the rest of its files. */
  readonly failed?: { readonly code: ImageErrorCode | LocalErrorCode; readonly reason?: unknown } | undefined;
};

/** Where a walk begins. */
export type Root = {
  /** Put before the key of each file: '' or a text that ends in `/`. */
  readonly key: string;
  /** The path of the folder, as it is opened. */
  readonly path: string | Buffer;
};

export type WalkOptions = NameOptions & {
  /** Keys of folders, with `/` at the end, that are passed over. */
  readonly exclude?: ReadonlySet<string>;
};

/** Most files in a piece of what is found. */
const PIECE = 256;

/** A folder that the walk is in. */
type Level = {
  readonly key: string;
  readonly path: string | Buffer;
  readonly names: NameList;
  /** The bytes of those names that are not UTF-8 and are still to come, by their texts. */
  readonly raw: Map<string, Buffer>;
};

/**
 * The files in a folder and below it, in the order of the UTF-8 bytes of their keys, a piece at a time. Only the names in
 * one folder, and the rest of those in the folders above it, are in memory. Links are given as files are, unless they
 * are known to lead to a folder. Whatever cannot be read is given with the reason, and the walk goes on.
 *
 * @throws the reason of the signal
 */
export async function* walkFolder(root: Root, options: WalkOptions): AsyncGenerator<readonly FoundFile[]> {
  let piece: FoundFile[] = [];
  const enter = async (key: string, path: string | Buffer) => {
    const { names, raw, failure } = await readNames({ key, path }, options);
    if (failure !== undefined) {
      piece.push({ key: key || './', path, failed: { code: 'FOLDER_UNREADABLE', reason: failure } });
    }
    levels.push({ key, path, names, raw });
  };
  const levels: Level[] = [];
  await enter(root.key, root.path);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.next();
    if (name === undefined) {
      levels.pop();
      continue;
    }
    const key = level.key + name;
    const path = pathBelow(level, name);
    if (!name.endsWith('/')) piece.push({ key, path });
    else if (options.exclude?.has(key)) options.passedOver.folders.push(key);
    else await enter(key, path);
    if (piece.length < PIECE) continue;
    yield piece;
    options.signal?.throwIfAborted();
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

function pathBelow({ path, raw }: Level, name: string): string | Buffer {
  const bytes = raw.get(name);
  raw.delete(name); // a name that is this very text may come next
  if (typeof path === 'string' && bytes === undefined) return joined(path, name);
  const above = Buffer.from(path);
  return Buffer.concat([above, Buffer.from(above.at(-1) === 0x2f ? '' : '/'), bytes ?? Buffer.from(name)]);
}

function joined(path: string, name: string): string {
  if (path === '.') return name;
  return path.endsWith('/') ? path + name : `${path}/${name}`;
}
