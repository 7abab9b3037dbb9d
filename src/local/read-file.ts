import { closeSync, fstatSync, readSync, type Stats } from 'node:fs';
import type { FailedRow } from '../contract/row.ts';
import { localCodeOf } from '../dataset/files/local-failure.ts';
import { openFile } from '../dataset/files/open-file.ts';
import type { FoundFile } from '../dataset/files/walk-folder.ts';
import type { Measured } from '../kernel/kernel.ts';
import { type LocalFailedRow, localFailure } from './failed-row.ts';

/** What a link to a folder is, where a file was expected. */
export const FOLDER_LINK = Symbol('a link to a folder');

/** What one read takes at most; no image that can be decoded is as large. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The bytes of an image of this machine, or of a member of a tar; or why there are none. It is read synchronously: that
 * takes a small part of the time of `fs.promises` (docs/performance.md), and images are decoded on other threads meanwhile.
 */
export function readLocal(
  file: FoundFile,
): Buffer | Measured<FailedRow | LocalFailedRow> | typeof FOLDER_LINK {
  const { key, path, failed } = file;
  if (failed !== undefined) return localFailure(key, failed.code, failed.reason);
  let opened: number | undefined;
  try {
    opened = openFile(path);
    const info = fstatSync(opened);
    if (info.isDirectory()) return FOLDER_LINK;
    if (!info.isFile()) return localFailure(key, 'NOT_A_FILE', `it is ${kindOf(info)}`);
    return readSpan(opened, file.span ?? { offset: 0, size: info.size });
  } catch (reason) {
    return localFailure(key, localCodeOf(reason), reason);
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
