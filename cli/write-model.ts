import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FanfleetError } from '../src/errors.ts';

/**
 * Write a model that comes in pieces: it is there whole, or not at all.
 *
 * @throws FanfleetError `OUTPUT_UNWRITABLE`; what the pieces throw of their own
 */
export async function writeModel(
  to: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const part = `${to}.${process.pid}.part`;
  try {
    await pipeline(pieces, createWriteStream(part, { flags: 'wx' }));
    await rename(part, to);
  } catch (cause) {
    // What kept it from being written may keep this from being looked for.
    await rm(part, { force: true }).catch(() => {});
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    const message = `Expected to write ${to} but got: ${cause.message}.`;
    throw new FanfleetError('OUTPUT_UNWRITABLE', message, { cause, source: 'user' });
  }
}
