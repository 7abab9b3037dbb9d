import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { FanfleetError } from '../../errors.ts';
import type { NamedPaths } from './named-paths.ts';
import { pathText } from './typed-path.ts';
import type { FoundFile } from './walk-folder.ts';

/** A file, and the folder that it is in, which need not be there. */
export type Place = { readonly folder: string | Buffer; readonly path: string | Buffer };

/** Where the copy of a file goes: at its key below `out`, without a root and steps upwards, with a suffix. */
export function placeOf({ key, path, span }: FoundFile, out: string, suffix: string): Place {
  if (typeof path === 'string' || span !== undefined) {
    const copy = `${join(out, ...stepsOf(key))}${suffix}`;
    return { folder: dirname(copy), path: copy };
  }
  // As latin1 each byte of a path that is not UTF-8 is a character.
  const steps = stepsOf(path.toString('latin1'));
  const below = (end: number) => [
    Buffer.from(`${out}/`),
    Buffer.from(steps.slice(0, end).join('/'), 'latin1'),
  ];
  return {
    folder: Buffer.concat(below(-1)),
    path: Buffer.concat([...below(steps.length), Buffer.from(suffix)]),
  };
}

function stepsOf(key: string): string[] {
  return key.split(sep === '/' ? '/' : /[/\\]/).filter((step) => !/^(\.{0,2}|[A-Za-z]:)$/.test(step));
}

/** Where copies go, among the files that they are made of. */
export type CopyPlaces = {
  /** Keys of folders to be passed over, since copies go there. */
  readonly exclude: ReadonlySet<string>;
  /** Whether two files may have one place: each has to be looked at then. */
  readonly mayCollide: boolean;
};

/**
 * Find out where copies would be taken for originals by the next run, or written over them: `out` may lie in a folder
 * that is copied, also through links, and is passed over then.
 *
 * @param isArchive whether a named file has files in it
 * @throws FanfleetError `OUTPUT_AMONG_INPUTS` where passing it over would leave out originals, too
 */
export function copyPlaces(
  { files, folders }: NamedPaths,
  out: string,
  suffix: string,
  isArchive: (key: string) => boolean,
): CopyPlaces {
  const realOut = realPlace(out);
  const places = new Map<string, string>();
  let mayCollide = false;
  const note = (place: string, of: string) => {
    mayCollide ||= places.has(place);
    places.set(place, of);
  };
  for (const { key } of folders) note(realPlace(join(out, ...stepsOf(key))), key);
  for (const file of files) {
    const { folder, path } = placeOf(file, out, suffix);
    const copy = join(realPlace(pathText(folder)), basename(pathText(path)));
    note(isArchive(file.key) ? realOut : copy, file.key);
  }
  const exclude = new Set<string>();
  for (const { key, real } of folders) {
    const whole = isBelow(realOut, real);
    if (whole) exclude.add(`${key}${below(realOut, real)}/`);
    for (const [place, of] of places) {
      if (place === real || isBelow(real, place)) throw amongInputs(of, key);
      if (whole || !isBelow(place, real)) continue;
      if (!folders.some((folder) => folder.key === of)) throw amongInputs(of, key);
      exclude.add(`${key}${below(place, real)}/`);
    }
  }
  for (const { key, real } of files) {
    const of = places.get(real);
    if (of !== undefined) throw amongInputs(of, key);
  }
  mayCollide ||= [...places.keys()].some((place) => hasAbove(place, places));
  return { exclude, mayCollide: mayCollide || files.some(({ key }) => isArchive(key)) };
}

/** The real path of what may not be there yet: that of the part that is, and the rest. */
function realPlace(path: string): string {
  const whole = resolve(path);
  for (let there = whole; ; there = dirname(there)) {
    try {
      return join(realpathSync.native(there), whole.slice(there.length));
    } catch (reason) {
      if (there === dirname(there)) throw reason;
    }
  }
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function below(path: string, folder: string): string {
  return path.slice(folder.endsWith(sep) ? folder.length : folder.length + 1).replaceAll(sep, '/');
}

function hasAbove(path: string, places: ReadonlyMap<string, unknown>): boolean {
  const folder = dirname(path);
  return folder !== path && (places.has(folder) || hasAbove(folder, places));
}

function amongInputs(of: string, folder: string): FanfleetError {
  return new FanfleetError(
    'OUTPUT_AMONG_INPUTS',
    `Expected copies apart from the images but those of ${of || '.'} would lie at or in ${folder || '.'}, where the next run takes them for images: choose another folder for --out.`,
    { source: 'user' },
  );
}
