import { FanfleetError } from '../../errors.ts';
import { joinChunks } from './chunked.ts';
import { badResponse, parseHead, type ResponseHead } from './response-head.ts';

export type HttpResponse = Pick<ResponseHead, 'status' | 'headers' | 'keepAlive'> & { readonly body: Buffer };

/** The most bytes of a head, and of a body whose length is not given: S3 does so with errors only. */
const MOST_UNSIZED = 64 * 1024;

/**
 * Puts one response together from what a socket reads. It says where the next bytes are to go, so that a body is read
 * into its own buffer and never copied, but for the start that came with the head.
 *
 * @example
 * const reader = new ResponseReader(scratch, 1_000_000);
 * while (response === undefined) response = reader.advance(read(reader.space()));
 */
export class ResponseReader {
  readonly #limit: number;
  #head: ResponseHead | undefined;
  /** What is being filled: the head with what follows it, or a body of known length; and how far. */
  #buffer: Buffer;
  #filled = 0;
  /** Where an unsized body starts in the buffer. */
  #start = 0;

  /**
   * @param scratch where the head is read to; it may be used again for the next response
   * @param limit most bytes of a body
   */
  constructor(scratch: Buffer, limit: number) {
    this.#buffer = scratch;
    this.#limit = limit;
  }

  /** Whether the response has begun so far that its head is there. */
  get hasHead(): boolean {
    return this.#head !== undefined && this.#head.status >= 200;
  }

  /** Where the next bytes are to go; never empty before the response is complete. */
  space(): Buffer {
    return this.#buffer.subarray(this.#filled);
  }

  /**
   * Take in the bytes that were read into `space()`.
   *
   * @returns the response once it is complete
   * @throws FanfleetError `BAD_RESPONSE`, or `BODY_TOO_LARGE` if it is longer than the limit
   */
  advance(bytes: number): HttpResponse | undefined {
    this.#filled += bytes;
    // Interim responses (1xx) have no body, and the real one follows.
    while (this.#head === undefined || this.#head.status < 200) {
      if (!this.#readHead()) return undefined;
    }
    if (typeof this.#head.body === 'number') {
      return this.#filled === this.#buffer.length ? response(this.#head, this.#buffer) : undefined;
    }
    const unsized = this.#buffer.subarray(this.#start, this.#filled);
    const joined = this.#head.body === 'chunked' ? joinChunks(unsized) : undefined;
    if (joined === undefined) this.#makeRoom();
    return joined && response(this.#head, joined);
  }

  /**
   * The server has closed the connection.
   *
   * @throws FanfleetError `CONNECTION_LOST` before the head was there, `SHORT_BODY` after it
   */
  end(): HttpResponse {
    const head = this.#head;
    if (head?.body === 'until-close') {
      return response(head, Buffer.from(this.#buffer.subarray(this.#start, this.#filled)));
    }
    const [code, got] = head ? ['SHORT_BODY', 'a part of its body'] : ['CONNECTION_LOST', 'none'];
    const message = `Expected a response but got ${got} before the server closed the connection.`;
    throw new FanfleetError(code, message, { source: 'aws' });
  }

  #readHead(): boolean {
    const end = this.#buffer.subarray(0, this.#filled).indexOf('\r\n\r\n', this.#start);
    if (end < 0) {
      this.#makeRoom();
      return false;
    }
    const head = parseHead(this.#buffer.toString('latin1', this.#start, end));
    this.#head = head;
    this.#start = end + 4;
    if (head.status >= 200 && typeof head.body === 'number') this.#beginBody(head.body);
    return true;
  }

  #beginBody(length: number): void {
    if (length > this.#limit) {
      const message = `Expected a body of at most ${this.#limit} bytes but got ${length}.`;
      throw new FanfleetError('BODY_TOO_LARGE', message, { source: 'aws' });
    }
    const came = this.#filled - this.#start;
    if (came > length) throw badResponse('nothing after the body', `${came - length} bytes`);
    // Never out of Node's pool of small buffers, so that whoever has done with a body can give its memory back.
    const body = Buffer.allocUnsafeSlow(length);
    this.#buffer.copy(body, 0, this.#start, this.#filled);
    this.#buffer = body;
    this.#filled = came;
  }

  #makeRoom(): void {
    if (this.#filled < this.#buffer.length) return;
    if (this.#filled >= MOST_UNSIZED)
      throw badResponse('a head, or a body without its length, of 64 KiB', 'more');
    const larger = Buffer.allocUnsafe(Math.min(MOST_UNSIZED, 4 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#filled);
    this.#buffer = larger;
  }
}

function response({ status, headers, keepAlive }: ResponseHead, body: Buffer): HttpResponse {
  return { status, headers, keepAlive, body };
}
