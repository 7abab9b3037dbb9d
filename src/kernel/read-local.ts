import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import type { FoundFile } from '../dataset/files/walk-folder.ts';
import type { Measured } from './kernel.ts';
import { type LocalErrorCode, type LocalFailedRow, localFailure } from './local-failure.ts';

/** What a link to a folder is, where a file was expected. */
export const FOLDER_LINK = Symbol('a link to a folder');

/** Opening a pipe must not wait for somebody who writes to it. Windows knows no such flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** What one read takes at most; no image that can be decoded is as large. */
const MOST_BYTES = 2 ** 31 - 1;

/** Codes of the system for files that are not there, and for sockets, which cannot be opened. */
const CODES: Readonly<Record<string, LocalErrorCode>> = {
  ENOENT: 'FILE_MISSING',
  ENXIO: 'NOT_A_FILE',
  ENODEV: 'NOT_A_FILE',
};

/**
 * The bytes of an image of this machine, or of a member of a tar; or why there are none. It is read synchronously: that
 * takes a small part of the time of `fs.promises` (docs/performance.md), and images are decoded on other threads meanwhile.
 */
export function readLocal(file: FoundFile): Buffer | Measured<LocalFailedRow> | typeof FOLDER_LINK {
  const { key, path, unread } = file;
  if (unread !== undefined) return localFailure(key, unread.code, unread.reason);
  let opened: number | undefined;
  try {
    opened = openSync(path, FLAGS);
    const info = fstatSync(opened);
    if (info.isDirectory()) return FOLDER_LINK;
    if (!info.isFile()) return localFailure(key, 'NOT_A_FILE', `${kindOf(info)} at ${key}`);
    return readSpan(opened, file.span ?? { offset: 0, size: info.size });
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
    return localFailure(key, CODES[code] ?? 'FILE_UNREADABLE', reason);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

function readSpan(
  opened: number,
  { offset, size }: { readonly offset: number; readonly size: number },
): Buffer {
  if (size > MOST_BYTES) throw new RangeError(`expected at most ${MOST_BYTES} bytes but there are ${size}`);
  const bytes = Buffer.allocUnsafe(size);
  let done = 0;
  while (done < size) {
    const more = readSync(opened, bytes, done, size - done, offset + done);
    if (more === 0)
      throw new RangeError(`expected ${size} bytes but there are ${done}: it was changed meanwhile`);
    done += more;
  }
  return bytes;
}

function kindOf(info: Stats): string {
  if (info.isFIFO()) return 'a pipe';
  return info.isSocket() ? 'a socket' : 'a device';
}
