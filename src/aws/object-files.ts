import { FanfleetError } from '../errors.ts';
import { parseJsonText } from '../json-text.ts';
import { refusal } from './object-response.ts';
import { givenUp, type S3Requests } from './s3-requests.ts';

const MOST_BYTES = 1024 * 1024;

/** Where to read: the whole object, or `length` bytes from `offset` on. */
type Part = { readonly offset: number; readonly length: number };

/**
 * Reads small objects of one bucket, in whatever version they have, with signed GETs: where the SDK would take longer to load
 * than the work that waits for it.
 */
export class ObjectFiles {
  readonly #requests: S3Requests;
  readonly #bucket: string;
  readonly #mostBytes: number;

  /** @param mostBytes of an object that is read whole. @default 1 MiB */
  constructor(requests: S3Requests, bucket: string, mostBytes = MOST_BYTES) {
    this.#requests = requests;
    this.#bucket = bucket;
    this.#mostBytes = mostBytes;
  }

  /**
   * All of an object, or a part of one.
   *
   * @throws FanfleetError `OBJECT_NOT_FOUND` if there is none; S3's code, or as `HttpConnection` does, naming the key
   */
  async get(key: string, part?: Part): Promise<Buffer> {
    const bucket = this.#bucket;
    const headers: Record<string, string> =
      part === undefined ? {} : { range: `bytes=${part.offset}-${part.offset + part.length - 1}` };
    return this.#requests.send(
      { bucket, key, headers, limit: part?.length ?? this.#mostBytes },
      (response) => {
        if (response.status === (part === undefined ? 200 : 206)) return response.body;
        throw refusal(bucket, response);
      },
      (reason, tries) =>
        FanfleetError.from(reason).code === 'NoSuchKey'
          ? missing(bucket, key, reason)
          : givenUp('read', { bucket, key }, reason, tries),
    );
  }

  /** @throws FanfleetError as `get` does, or `INVALID_INPUT` where the object is no JSON */
  async getJson(key: string): Promise<unknown> {
    return parseJsonText(await this.get(key), `s3://${this.#bucket}/${key}`);
  }
}

function missing(bucket: string, key: string, cause: unknown): FanfleetError {
  const message = `Expected s3://${bucket}/${key} but it is not there.`;
  return new FanfleetError('OBJECT_NOT_FOUND', message, { cause, source: 'aws' });
}
