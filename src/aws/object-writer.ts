import { refusal } from './object-response.ts';
import { givenUp, type S3Requests } from './s3-requests.ts';

/** What can be written to. */
export type ObjectSink = {
  put(key: string, body: string | Buffer, contentType: string): Promise<void>;
  putJson(key: string, value: unknown): Promise<void>;
};

/**
 * Writes objects into one bucket with signed PUTs: with `ObjectReader` all of S3 that `measure` needs, so that it
 * starts without the SDK, which takes longer to load than everything else in it (docs/performance.md).
 */
export class ObjectWriter implements ObjectSink {
  readonly #requests: S3Requests;
  readonly #bucket: string;

  /** @param requests whose connections writers of several buckets may share */
  constructor(requests: S3Requests, bucket: string) {
    this.#requests = requests;
    this.#bucket = bucket;
  }

  /**
   * PUT an object whole; S3 checks its SHA-256. What S3 cannot do now is tried again.
   *
   * @throws FanfleetError with S3's code, or as `HttpConnection` does, naming the key
   */
  async put(key: string, body: string | Buffer, contentType: string): Promise<void> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    const headers = { 'content-type': contentType, 'content-length': String(bytes.length) };
    await this.#requests.send(
      { bucket: this.#bucket, key, headers, body: bytes, limit: 0 },
      (response) => {
        if (response.status !== 200) throw refusal(this.#bucket, response);
      },
      (reason, tries) => givenUp('write', { bucket: this.#bucket, key }, reason, tries),
    );
  }

  async putJson(key: string, value: unknown): Promise<void> {
    await this.put(key, JSON.stringify(value), 'application/json');
  }
}
