import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { sdkObjectError } from '../../aws/sdk-object-error.ts';
import type { DatasetObject } from '../../contract/manifest.ts';
import { IMAGE_ERRORS } from '../../contract/row.ts';
import { FanfleetError } from '../../errors.ts';
import { toListingError } from '../s3-listing.ts';
import type { TarSource } from './tar-blocks.ts';

/** A gap up to this is read through; over a wider one a new GET takes no longer (some 15 ms at 70 MB/s). */
const FAR_BYTES = 1024 * 1024;
/** A connection may break so often in a row at one place. The client's own retries end where the body begins. */
const TRIES = 4;

export type ObjectCursorOptions = {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly object: Pick<DatasetObject, 'key' | 'size' | 'etag'>;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Reads the listed version of an object from its start, holding a chunk of the stream. Long gaps are left out by a
 * new GET, and a broken connection is taken up where it broke.
 *
 * `read` throws FanfleetError with a code of `IMAGE_ERRORS` (`OBJECT_CHANGED`, `OBJECT_DENIED`, …) where S3 does not give
 * this object, with the name of another AWS error where more is at fault; the reason of the signal.
 */
export class ObjectCursor implements TarSource {
  readonly #options: ObjectCursorOptions;
  #position = 0;
  #body: { readonly chunks: AsyncIterator<Uint8Array>; readonly destroy: () => void } | undefined;
  /** The latest chunk and where it begins. */
  #chunk: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(options: ObjectCursorOptions) {
    this.#options = options;
  }

  async read(length: number): Promise<Buffer> {
    const end = Math.min(this.#position + length, this.#options.object.size);
    const parts: Buffer[] = [];
    while (this.#position < end) {
      const part = (await this.#rest()).subarray(0, end - this.#position);
      parts.push(part);
      this.#position += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  skip(length: number): void {
    this.#position += length;
  }

  /** Give the connection up; for a cursor that is left before the end of its object. */
  close(): void {
    this.#body?.destroy();
    this.#body = undefined;
  }

  /** What is there of a chunk from the position on, at least a byte. */
  async #rest(): Promise<Buffer> {
    for (let failures = 0; ; ) {
      const end = this.#start + this.#chunk.length;
      if (this.#position >= this.#start && this.#position < end) {
        return this.#chunk.subarray(this.#position - this.#start);
      }
      try {
        if (this.#body === undefined || this.#position - end > FAR_BYTES) await this.#open();
        await this.#next();
      } catch (reason) {
        this.close();
        this.#options.signal?.throwIfAborted();
        failures += 1;
        if (failures === TRIES || reason instanceof FanfleetError) throw FanfleetError.from(reason, 'aws');
      }
    }
  }

  async #open(): Promise<void> {
    this.close();
    const { s3, bucket, object, signal } = this.#options;
    try {
      const { Body } = await s3.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: object.key,
          IfMatch: object.etag,
          Range: `bytes=${this.#position}-`,
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      const stream = Body as unknown as AsyncIterable<Uint8Array> & { destroy(): void };
      this.#body = { chunks: stream[Symbol.asyncIterator](), destroy: () => stream.destroy() };
      this.#chunk = Buffer.alloc(0);
      this.#start = this.#position;
    } catch (reason) {
      if (!(reason instanceof S3ServiceException)) throw reason;
      const code = sdkObjectError(reason);
      if (code === undefined) throw toListingError(reason, bucket, object.key);
      throw new FanfleetError(
        code,
        `Expected to read s3://${bucket}/${object.key} as it was listed but got ${reason.name}: ${IMAGE_ERRORS[code]}.`,
        { cause: reason, source: 'user' },
      );
    }
  }

  async #next(): Promise<void> {
    const next = await this.#body?.chunks.next();
    if (next === undefined || next.done) throw new Error('the connection ended before the object');
    this.#start += this.#chunk.length;
    this.#chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    if (this.#start + this.#chunk.length < this.#options.object.size) return;
    // Seeing the end gives the connection back to the pool.
    await this.#body?.chunks.next();
    this.#body = undefined;
  }
}
