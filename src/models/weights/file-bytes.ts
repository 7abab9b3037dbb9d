import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FanfleetError } from '../../errors.ts';

/** A file of which parts are read where they are asked for. */
export interface FileBytes {
  readonly length: number;
  /** @throws RangeError where the file has no such part */
  readonly read: (offset: number, length: number) => Buffer;
}

/**
 * A file of this machine, while `work` uses it.
 *
 * @throws FanfleetError `PATH_UNREADABLE`
 */
export async function withFileBytes<T>(path: string, work: (bytes: FileBytes) => Promise<T>): Promise<T> {
  const file = opened(path);
  try {
    const length = fstatSync(file).size;
    return await work({ length, read: (offset, wanted) => readPart(file, length, offset, wanted) });
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const message = `Expected a file at ${path} that can be read but got: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError('PATH_UNREADABLE', message, { cause, source: 'user' });
  }
}

function readPart(file: number, length: number, offset: number, wanted: number): Buffer {
  if (offset < 0 || wanted < 0 || offset + wanted > length)
    throw new RangeError(`it has ${length} bytes and ends before byte ${offset + wanted}`);
  const bytes = Buffer.allocUnsafe(wanted);
  for (let at = 0; at < wanted; ) {
    const read = readSync(file, bytes, at, wanted - at, offset + at);
    if (read === 0) throw new RangeError('it was cut while it was read');
    at += read;
  }
  return bytes;
}
