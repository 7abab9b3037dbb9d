import { FanfleetError } from '../../errors.ts';
import { IMAGE_SUFFIXES } from '../image-type.ts';
import { type LeftOut, LeftOutCount, leftOutText } from '../left-out.ts';

/** What a walk through folders has passed over. */
export type PassedOver = {
  /** Files that were not wanted. */
  readonly files: LeftOutCount;
  /** Links to folders: they are not followed, since they may lead round in a circle. */
  folderLinks: number;
  /** Keys of the folders that were not to be gone into. */
  readonly folders: string[];
};

export function nothingPassedOver(): PassedOver {
  return { files: new LeftOutCount(), folderLinks: 0, folders: [] };
}

/** For people: what was passed over, a line for each kind of thing. */
export function passedOverText({ files, folderLinks, folders }: PassedOver): string[] {
  const leftOut = files.list();
  const lines: string[] = [];
  if (files.count > 0) lines.push(`Left out, having no image suffix: ${leftOutText(leftOut)}.`);
  const hint = archiveHint(leftOut);
  if (hint !== undefined) lines.push(hint);
  if (folderLinks > 0) lines.push(`Links to folders are not followed: there ${areOrIs(folderLinks)}.`);
  if (folders.length > 0) lines.push(`Left out, since the copies go there: ${folders.join(', ')}.`);
  return lines;
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

const TAR = '.tar';
/** What compressed tars are called. */
const COMPRESSED = /^\.(tar\..*|tgz|tbz2?|txz|tzst)$/;

function archiveHint(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.some(({ suffix }) => suffix === TAR)) {
    return 'The images in a tar are taken where the tar itself is named, or by a run over the prefix that it is uploaded to.';
  }
  if (leftOut.some(({ suffix }) => COMPRESSED.test(suffix))) {
    return 'A compressed tar is not looked into: make it a plain .tar.';
  }
  return undefined;
}

function areOrIs(count: number): string {
  return count === 1 ? 'is 1' : `are ${count}`;
}
