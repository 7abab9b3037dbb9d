import {
  CopyObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { FanfleetError } from '../errors.ts';
import { parseJsonText } from '../json-text.ts';
import type { ObjectSink } from './object-writer.ts';
import { encodeKey } from './sigv4/canonical-uri.ts';

/** The objects of one bucket, by key. */
export class ObjectStore implements ObjectSink {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** @throws FanfleetError `OBJECT_NOT_FOUND` if there is none */
  async get(key: string): Promise<Buffer> {
    return Buffer.from((await (await this.#body(key))?.transformToByteArray()) ?? []);
  }

  /** The object in pieces. @throws FanfleetError `OBJECT_NOT_FOUND` if there is none */
  async *stream(key: string): AsyncGenerator<Uint8Array> {
    const body = await this.#body(key);
    if (body !== undefined) yield* body as unknown as AsyncIterable<Uint8Array>;
  }

  /**
   * The last bytes of an object, or all of a shorter one.
   *
   * @throws FanfleetError `OBJECT_NOT_FOUND` if there is none; `InvalidRange` if it is empty
   */
  async tail(key: string, bytes: number): Promise<Buffer> {
    return Buffer.from((await (await this.#body(key, `bytes=-${bytes}`))?.transformToByteArray()) ?? []);
  }

  /**
   * The length of an object, and which version of it there is.
   *
   * @throws FanfleetError `OBJECT_NOT_FOUND` if there is none; `InvalidRange` if it is empty
   */
  async version(key: string): Promise<{ bytes: number; etag: string | undefined }> {
    // A GET of one byte: what refuses a HEAD does not say why.
    const { Body, ContentRange, ETag } = await this.#answer(key, 'bytes=0-0');
    await Body?.transformToByteArray();
    return { bytes: Number(ContentRange?.split('/')[1]), etag: ETag };
  }

  async #body(key: string, range?: string) {
    return (await this.#answer(key, range)).Body;
  }

  async #answer(key: string, range?: string) {
    try {
      return await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range: range }));
    } catch (error) {
      throw this.#explain(error, key);
    }
  }

  /**
   * Copy an object inside the bucket, without its bytes coming here; of at most 5 GiB, as S3 has it.
   *
   * @throws FanfleetError `OBJECT_NOT_FOUND` if there is none
   */
  async copy(from: string, to: string): Promise<void> {
    const source = `${this.#bucket}/${encodeKey(from)}`;
    try {
      await this.#s3.send(new CopyObjectCommand({ Bucket: this.#bucket, Key: to, CopySource: source }));
    } catch (error) {
      throw this.#explain(error, from);
    }
  }

  #explain(error: unknown, key: string): FanfleetError {
    if (!(error instanceof Error && error.name === 'NoSuchKey')) return FanfleetError.from(error, 'aws');
    const message = `Expected s3://${this.#bucket}/${key} but it is not there.`;
    return new FanfleetError('OBJECT_NOT_FOUND', message, { cause: error, source: 'aws' });
  }

  /** @throws FanfleetError as `get` does, or `INVALID_INPUT` where the object is no JSON */
  async getJson(key: string): Promise<unknown> {
    return parseJsonText(await this.get(key), `s3://${this.#bucket}/${key}`);
  }

  async put(key: string, body: string | Buffer, contentType: string): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType }),
    );
  }

  async putJson(key: string, value: unknown): Promise<void> {
    await this.put(key, JSON.stringify(value), 'application/json');
  }

  /**
   * Put an object where there is none yet.
   *
   * @returns whether it was put; of two that are put at once only one is
   */
  async putNew(key: string, value: unknown): Promise<boolean> {
    const body = { Body: JSON.stringify(value), ContentType: 'application/json' };
    for (;;) {
      try {
        await this.#s3.send(
          new PutObjectCommand({ Bucket: this.#bucket, Key: key, ...body, IfNoneMatch: '*' }),
        );
        return true;
      } catch (error) {
        // A conflict says that another PUT is under way, and not yet which of them counts.
        if (error instanceof Error && error.name === 'ConditionalRequestConflict') continue;
        if (error instanceof Error && error.name === 'PreconditionFailed') return false;
        throw FanfleetError.from(error, 'aws');
      }
    }
  }

  /** @param after only keys behind this one. @default all */
  async *list(prefix: string, after?: string): AsyncGenerator<{ key: string; size: number }> {
    for await (const { Contents = [] } of this.#pages({ Prefix: prefix, StartAfter: after })) {
      for (const { Key, Size = 0 } of Contents) if (Key !== undefined) yield { key: Key, size: Size };
    }
  }

  /** What keys begin with, from a prefix to the next slash, which it includes: each once, however many keys there are. */
  async *folders(prefix: string): AsyncGenerator<string> {
    for await (const { CommonPrefixes = [] } of this.#pages({ Prefix: prefix, Delimiter: '/' })) {
      for (const { Prefix } of CommonPrefixes) if (Prefix !== undefined) yield Prefix;
    }
  }

  async *#pages(asked: Omit<ListObjectsV2CommandInput, 'Bucket'>) {
    let token: string | undefined;
    do {
      const page = await this.#s3.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, ...asked, ContinuationToken: token }),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}
