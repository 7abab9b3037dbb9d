import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { FanfleetError } from '../errors.ts';
import {
  contentTypeOf,
  hasImageSuffix,
  IMAGE_SUFFIXES,
  type ImageFilter,
  SNIFF_BYTES,
  sniffContentType,
} from './image-type.ts';

/** A file that is to become an object. */
export type LocalFile = {
  readonly path: string;
  /** The path relative to its folder, with `/` between its parts. */
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
};
export type ImageFolder = {
  /** The images by key, in no order that matters. */
  readonly files: readonly LocalFile[];
  readonly bytes: number;
  /** Files that are no images. */
  readonly skipped: number;
};

export type ReadFolderOptions = {
  /** What counts as an image, as in `plan`. @default 'suffix' */
  readonly filter?: ImageFilter | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The images in a folder and the folders below it. Links to files are followed, links to folders are not, since they
 * may lead round in a circle.
 *
 * @throws FanfleetError `FOLDER_MISSING`, `NOT_A_FOLDER`, `FOLDER_UNREADABLE` or `NO_IMAGES`, all the user's
 */
export async function readImageFolder(folder: string, options: ReadFolderOptions = {}): Promise<ImageFolder> {
  const { filter = 'suffix', signal } = options;
  const files: LocalFile[] = [];
  let bytes = 0;
  let skipped = 0;
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      signal?.throwIfAborted();
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      const info = await stat(path).catch(() => null); // null: a link that leads nowhere
      if (info?.isDirectory()) continue;
      const contentType = info?.isFile() ? await imageContentType(path, filter) : null;
      if (info === null || contentType === null) {
        skipped += 1;
        continue;
      }
      files.push({ path, key: relative(folder, path).split(sep).join('/'), size: info.size, contentType });
      bytes += info.size;
    }
  } catch (reason) {
    throw toFolderError(reason, folder);
  }
  if (files.length === 0) {
    throw new FanfleetError(
      'NO_IMAGES',
      `Expected images (${IMAGE_SUFFIXES.join(' ')}) in ${folder} but found none among its ${skipped} files: choose the folder that has them.`,
      { source: 'user' },
    );
  }
  return { files, bytes, skipped };
}

/** The Content-Type of an image, `null` for a file that the filter leaves out. */
async function imageContentType(path: string, filter: ImageFilter): Promise<string | null> {
  if (hasImageSuffix(path)) return contentTypeOf(path);
  if (filter === 'suffix') return null;
  const sniffed = sniffContentType(await readStart(path));
  return filter === 'all' ? (sniffed ?? contentTypeOf(path)) : sniffed;
}

async function readStart(path: string): Promise<Uint8Array> {
  const file: FileHandle = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const FOLDER_ERRORS: Readonly<Record<string, readonly [code: string, found: string]>> = {
  ENOENT: ['FOLDER_MISSING', 'there is none: correct the path'],
  ENOTDIR: ['NOT_A_FOLDER', 'it is a file: name the folder that holds the images'],
  EACCES: ['FOLDER_UNREADABLE', 'it may not be read: change its permissions'],
  EPERM: ['FOLDER_UNREADABLE', 'it may not be read: change its permissions'],
};

function toFolderError(reason: unknown, folder: string): unknown {
  if (!(reason instanceof Error) || !('code' in reason)) return reason;
  const { code, path = folder } = reason as NodeJS.ErrnoException;
  const known = FOLDER_ERRORS[code ?? ''];
  if (known === undefined) return reason;
  const [name, found] = known;
  const where = path === folder ? path : `${folder}, and below it ${path},`;
  return new FanfleetError(name, `Expected a folder with images at ${where} but ${found}.`, {
    cause: reason,
    source: 'user',
  });
}
