import { createReadStream } from 'node:fs';
import { FanfleetError } from '../errors.ts';
import type { ModelFiles } from './load-model.ts';

/** The files of this machine, by their paths. */
export const localFiles: ModelFiles = {
  async *stream(path) {
    try {
      yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
      const message = `Expected a file at ${path} that can be read but got: ${FanfleetError.from(cause).message}.`;
      throw new FanfleetError(isMissing ? 'OBJECT_NOT_FOUND' : 'PATH_UNREADABLE', message, {
        cause,
        source: 'user',
      });
    }
  },
};
