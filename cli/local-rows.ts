import { availableParallelism } from 'node:os';
import { findFiles } from '../src/dataset/files/find-files.ts';
import { lookAtPaths, type NamedPaths } from '../src/dataset/files/named-paths.ts';
import {
  noImages,
  nothingPassedOver,
  type PassedOver,
  passedOverText,
} from '../src/dataset/files/passed-over.ts';
import type { FoundFile } from '../src/dataset/files/walk-folder.ts';
import { hasImageSuffix } from '../src/dataset/image-type.ts';
import { printable } from '../src/format.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** Images of this machine that a command was given. */
export interface LocalInput {
  readonly paths: readonly string[];
  readonly named: NamedPaths;
  readonly passedOver: PassedOver;
  /** Images in the works at once. */
  readonly overlap: number;
  /**
   * @param exclude keys of folders that are passed over
   * @param told of what is passed over @default `passedOver`
   */
  find(exclude?: ReadonlySet<string>, told?: PassedOver): AsyncGenerator<readonly FoundFile[]>;
}

/** @throws FanfleetError `PATH_NOT_FOUND` or `PATH_UNREADABLE`, naming the path */
export function localInput({ signal }: Pick<Context, 'signal'>, paths: readonly string[]): LocalInput {
  const named = lookAtPaths(paths, hasImageSuffix);
  const passedOver = nothingPassedOver();
  const find = (exclude: ReadonlySet<string> = new Set(), told = passedOver) =>
    findFiles(named, { accept: hasImageSuffix, passedOver: told, exclude, signal });
  return { paths, named, passedOver, overlap: 2 * availableParallelism(), find };
}

/** What became of an image, for its line. */
export interface LocalOutcome {
  readonly row: { readonly key: string };
  readonly detail?: string | undefined;
  /** Whether it has 16 bits, of which 8 were measured. */
  readonly droppedBits?: boolean | undefined;
}

/** What is known when all rows are out. */
export interface RowsOutcome {
  readonly json: object;
  readonly text: '';
  readonly exitCode: ExitCode;
}

/**
 * Put rows out as they are done, and say what failed and what was left out.
 *
 * @param head the fields of the object before its rows
 * @param done what is said of an image that is done
 * @throws FanfleetError `NO_IMAGES`; the reason of the signal
 */
export async function putRows(
  { io, signal }: Pick<Context, 'io' | 'signal'>,
  { paths, passedOver }: LocalInput,
  head: object,
  done: 'measured' | 'normalised' | 'embedded',
  outcomes: AsyncIterable<readonly LocalOutcome[]>,
): Promise<RowsOutcome> {
  let [count, failed, droppedBits] = [0, 0, 0];
  for await (const piece of outcomes) {
    signal.throwIfAborted();
    for (const { row, detail, droppedBits: dropped } of piece) {
      if ('error' in row) failed += 1;
      if (dropped) droppedBits += 1;
      if (detail !== undefined) io.note(printable(`${row.key}: ${detail}`));
    }
    count += piece.length;
    await io.rows(
      head,
      piece.map(({ row }) => row),
    );
    io.progress(`${count - failed} ${done}`);
  }
  io.endProgress();
  if (count === 0) throw noImages(paths.join(', '), passedOver);
  for (const line of passedOverText(passedOver)) io.note(printable(line));
  if (failed > 0) io.note(`${failed} of ${count} images could not be ${done}.`);
  if (droppedBits > 0) io.note(droppedBitsText(droppedBits));
  const { files, folderLinks, notes } = passedOver;
  const measured = done === 'measured' && { droppedBits };
  return {
    json: { failed, ...measured, leftOut: files.list(), folderLinks, notes: notes.list() },
    text: '',
    exitCode: failed > 0 ? EXIT.FAILED_ITEMS : EXIT.OK,
  };
}

function droppedBitsText(images: number): string {
  const have = images === 1 ? '1 image has' : `${images} images have`;
  return `${have} 16 bits; the low 8 were dropped: fanfleet stats --depth native keeps them.`;
}

/** Outcomes that come one by one. */
export async function* oneByOne<T>(outcomes: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const outcome of outcomes) yield [outcome];
}
