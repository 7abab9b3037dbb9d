import type { LeftOut } from '../../contract/plan.ts';
import { FanfleetError } from '../../errors.ts';
import { IMAGE_SUFFIXES } from '../image-type.ts';
import { LeftOutCount, leftOutText } from '../left-out.ts';
import { NoteLog, noteText } from '../notes.ts';
import { isCompressedShard } from '../shards/compression.ts';
import { isShard } from '../shards/shard-index.ts';

/** What a walk through folders has passed over. */
export type PassedOver = {
  /** Files that were not wanted. */
  readonly files: LeftOutCount;
  /** Links to folders: they are not followed, since they may lead round in a circle. */
  folderLinks: number;
  /** Keys of the folders that were not to be gone into. */
  readonly folders: string[];
  /** What is worth a word of the tars. */
  readonly notes: NoteLog;
};

export function nothingPassedOver(): PassedOver {
  return { files: new LeftOutCount(), folderLinks: 0, folders: [], notes: new NoteLog() };
}

/** For people: what was passed over, a line for each kind of thing. */
export function passedOverText({ files, folderLinks, folders, notes }: PassedOver): string[] {
  const leftOut = files.list();
  const lines: string[] = [];
  if (files.count > 0) lines.push(`Left out, having no image suffix: ${leftOutText(leftOut)}.`);
  const hint = archiveHint(leftOut);
  if (hint !== undefined) lines.push(hint);
  if (folderLinks > 0) lines.push(`Links to folders are not followed: there ${areOrIs(folderLinks)}.`);
  if (folders.length > 0) lines.push(`Left out, since the copies go there: ${folders.join(', ')}.`);
  return [...lines, ...notes.list().map(noteText)];
}

/**
 * The error for folders that have no images.
 *
 * @param unusable what would be images if it could be read
 */
export function noImages(
  where: string,
  { files }: PassedOver,
  unusable: readonly { readonly key: string; readonly why: string }[] = [],
): FanfleetError {
  const [first] = unusable;
  const other = files.count === 0 ? 'there are no files' : `its files have ${leftOutText(files.list())}`;
  const found = first === undefined ? other : `${first.key} cannot be taken (${first.why})`;
  const hint = archiveHint(files.list()) ?? 'Name the folder that has them.';
  const message = `Expected images (${IMAGE_SUFFIXES.join(' ')}) in ${where} but found none: ${found}. ${hint}`;
  return new FanfleetError('NO_IMAGES', message, { source: 'user' });
}

function archiveHint(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.some(({ suffix }) => isShard(`x${suffix}`))) {
    return 'The images in a tar are taken where the tar itself is named (folder/*.tar), or by a run over where it is uploaded to.';
  }
  if (leftOut.some(({ suffix }) => isCompressedShard(`x${suffix}`))) {
    return 'A compressed tar is not looked into: make it a plain .tar.';
  }
  return undefined;
}

function areOrIs(count: number): string {
  return count === 1 ? 'is 1' : `are ${count}`;
}
