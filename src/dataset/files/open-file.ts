import { constants, openSync } from 'node:fs';

/** Opening a pipe must not wait for somebody who writes to it. Windows knows no such flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Open whatever there is to be read. What is no file has to be told by `fstat`: reading it may never end. */
export function openFile(path: string | Buffer): number {
  return openSync(path, FLAGS);
}
