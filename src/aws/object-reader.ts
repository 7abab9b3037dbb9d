import { FanfleetError } from '../errors.ts';
import { isUnsound, judge, type ObjectRead, type ReadRequest } from './object-response.ts';
import { payer } from './payer.ts';
import type { S3Access } from './s3-access.ts';
import { givenUp, S3Requests, type S3RequestsOptions } from './s3-requests.ts';

/**
 * Reads objects from S3, and nothing else: signed GETs on connections that are kept, each body in one buffer of its
 * length. A GET takes under a tenth of the CPU time of the SDK's (docs/performance.md); for all else there is the SDK.
 *
 * @example
 * const reader = new ObjectReader(s3Access(s3));
 * const read = await reader.read({ bucket: 'photos', key: 'a.jpg', etag: '"5d41…"', size: 78_000 }, signal);
 */
export class ObjectReader {
  readonly #requests: S3Requests;

  constructor(access: S3Access, options: S3RequestsOptions = {}) {
    this.#requests = new S3Requests(access, options);
  }

  /**
   * GET an object, or a part of it, in the version that is named. What S3 cannot do now is tried again.
   *
   * @returns the bytes, exactly `size` of them, or why this object does not give them, whatever others do
   * @throws FanfleetError with S3's code, or as `HttpConnection` does, naming the key; the reason of the signal
   */
  async read(request: ReadRequest, signal?: AbortSignal): Promise<ObjectRead> {
    const { bucket, key, requesterPays = false, etag, size, offset } = request;
    const part: Record<string, string> =
      offset === undefined
        ? { 'x-amz-checksum-mode': 'ENABLED' }
        : { range: `bytes=${offset}-${offset + size - 1}` };
    try {
      return await this.#requests.send(
        { bucket, key, headers: { ...part, ...payer(requesterPays), 'if-match': etag }, limit: size },
        (response) => judge(request, response),
        (reason, tries) => givenUp('read', request, reason, tries),
        signal,
      );
    } catch (error) {
      // It is longer than it was, and was not read.
      const isLonger = error instanceof FanfleetError && error.code === 'BODY_TOO_LARGE';
      if (isLonger && offset === undefined) return { absent: 'OBJECT_CHANGED' };
      if (error instanceof FanfleetError && isUnsound(error.cause)) return { absent: 'OBJECT_UNREADABLE' };
      throw error;
    }
  }

  /** Close all connections; what is still read fails. */
  close(): void {
    this.#requests.close();
  }
}
