import { accessSync, constants, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FanfleetError } from '../errors.ts';
import { noImages, nothingPassedOver, type PassedOver } from './files/passed-over.ts';
import { type FoundFile, walkFolder } from './files/walk-folder.ts';
import {
  contentTypeOf,
  hasImageSuffix,
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
/** A file, or a folder below, that cannot become objects, and why. */
export type UnusableFile = { readonly key: string; readonly why: string };
export type ImageFolder = {
  /** The images in the order of their keys. */
  readonly files: readonly LocalFile[];
  readonly bytes: number;
  readonly unusable: readonly UnusableFile[];
  /** What is no image. */
  readonly passedOver: PassedOver;
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
  const passedOver = nothingPassedOver();
  const accept = filter === 'suffix' ? hasImageSuffix : () => true;
  const files: LocalFile[] = [];
  const unusable: UnusableFile[] = [];
  for await (const piece of walkFolder({ key: '', path: folder }, { accept, passedOver, signal })) {
    for (const found of piece) {
      if (found.key === ROOT) throw toFolderError(found.failed?.reason, folder);
      const file = await toImage(found, filter, passedOver);
      if (file === null) continue;
      if ('why' in file) unusable.push(file);
      else files.push(file);
    }
  }
  if (files.length === 0) throw noImages(folder, passedOver, unusable);
  return { files, bytes: files.reduce((sum, { size }) => sum + size, 0), unusable, passedOver };
}

/** The key of a folder that was itself to be walked. */
const ROOT = './';

/** `null` for what is no image, which is counted. */
async function toImage(
  { key, path, failed }: FoundFile,
  filter: ImageFilter,
  passedOver: PassedOver,
): Promise<LocalFile | UnusableFile | null> {
  try {
    if (failed !== undefined) throw failed.reason;
    const info = statSync(path);
    if (info.isDirectory()) {
      passedOver.folderLinks += 1;
      return null;
    }
    if (!info.isFile()) return { key, why: 'it is no file but a pipe, a socket or a device' };
    accessSync(path, constants.R_OK);
    const contentType = await imageContentType(key, path, filter);
    if (contentType === null) {
      passedOver.files.add(key);
      return null;
    }
    if (typeof path !== 'string') return { key, why: 'its name is not UTF-8, as a key in S3 has to be' };
    return { path, key, size: info.size, contentType };
  } catch (reason) {
    return { key, why: reason instanceof Error ? reason.message : String(reason) };
  }
}

/** The Content-Type of an image, `null` for a file that the filter leaves out. */
async function imageContentType(
  key: string,
  path: string | Buffer,
  filter: ImageFilter,
): Promise<string | null> {
  if (hasImageSuffix(key)) return contentTypeOf(key);
  if (filter === 'suffix') return null;
  const sniffed = sniffContentType(await readStart(path));
  return filter === 'all' ? (sniffed ?? contentTypeOf(key)) : sniffed;
}

async function readStart(path: string | Buffer): Promise<Uint8Array> {
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
  const known = FOLDER_ERRORS[String((reason as NodeJS.ErrnoException).code)];
  if (known === undefined) return reason;
  const [name, found] = known;
  return new FanfleetError(name, `Expected a folder with images at ${folder} but ${found}.`, {
    cause: reason,
    source: 'user',
  });
}
