import { existsSync, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { FanfleetError } from '../../errors.ts';
import { pathsLike, pathText } from './typed-path.ts';
import type { FoundFile, Root } from './walk-folder.ts';

/** What a user has named, each file and folder once. */
export type NamedPaths = {
  readonly files: readonly NamedFile[];
  readonly folders: readonly NamedFolder[];
};
type Named = {
  /** Where it really is, through links: but for a file the link that it may be is not followed. */
  readonly real: string;
};
export type NamedFile = FoundFile & Named;
export type NamedFolder = Root & Named;

/**
 * The key of a path that was typed: its steps with one `/` between them and without those that are `.`; an absolute one
 * begins with `/`. Steps upwards stay, since after a link they do not lead back. The folder `.` itself has none: `''`.
 */
export function keyOfPath(path: string): string {
  const typed = sep === '/' ? path : path.replaceAll(sep, '/');
  const steps = typed.split('/').filter((step) => step !== '' && step !== '.');
  return (typed.startsWith('/') ? '/' : '') + steps.join('/');
}

/**
 * Look at the paths that were named. Of files and folders that are reached by several of them only one is kept: the
 * outermost folder, or else the first.
 *
 * @param accept the files of a folder that are wanted
 * @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path
 */
export function lookAtPaths(paths: readonly string[], accept: (name: string) => boolean): NamedPaths {
  const files = new Map<string, NamedFile>();
  const folders = new Map<string, NamedFolder>();
  for (const path of paths.flatMap(thoseThere)) {
    const key = keyOfPath(pathText(path));
    if (statOf(path).isDirectory()) {
      const real = realOf(path);
      const prefix = key === '' || key === '/' ? key : `${key}/`;
      if (!folders.has(real)) folders.set(real, { key: prefix, path, real });
    } else {
      // What a path ends with is a name here: `.` and `..` are folders.
      const cut = path.lastIndexOf('/');
      const above = cut < 0 ? '.' : path.slice(0, cut + 1);
      const real = join(realOf(above), pathText(path.slice(cut + 1)));
      if (!files.has(real)) files.set(real, { key, path, real });
    }
  }
  const isInside = (real: string) => foldersAbove(real).some((folder) => folders.has(folder));
  return {
    files: [...files.values()].filter(({ real }) => !(accept(basename(real)) && isInside(real))),
    folders: [...folders.values()].filter(({ real }) => !isInside(real)),
  };
}

/** All folders that a path lies in. */
function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (
    let [last, folder] = [path, dirname(path)];
    folder !== last;
    [last, folder] = [folder, dirname(folder)]
  ) {
    above.push(folder);
  }
  return above;
}

/** The path, unless it is not there as it was passed on to us but others are that look like it. */
function thoseThere(path: string): readonly (string | Buffer)[] {
  const alike = existsSync(path) ? [] : pathsLike(path);
  return alike.length === 0 ? [path] : alike;
}

/** As text, so that two spellings of a path can be compared. */
function realOf(path: string | Buffer): string {
  return pathText(realpathSync.native(path, 'buffer'));
}

/** What is there; the link itself where it leads nowhere: reading it will say so. */
function statOf(path: string | Buffer): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const link = linkAt(path);
    if (link === undefined) throw unusable(path, cause);
    return link;
  }
}

function linkAt(path: string | Buffer): Stats | undefined {
  try {
    const info = lstatSync(path);
    return info.isSymbolicLink() ? info : undefined;
  } catch {
    return undefined;
  }
}

function unusable(path: string | Buffer, cause: unknown): FanfleetError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FanfleetError(
    isMissing ? 'PATH_NOT_FOUND' : 'PATH_UNREADABLE',
    `Expected a readable file or folder at ${path} but got: ${why}.`,
    { cause, source: 'user' },
  );
}
