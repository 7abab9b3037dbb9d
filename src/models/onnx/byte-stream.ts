/** Bytes that a varint has at most. */
const MOST_VARINT = 10;

/** Reads what comes in chunks from its beginning to its end, and holds no more than a chunk of what is passed over. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #passed = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes that were read or passed over. */
  get position(): number {
    return this.#passed + this.#at;
  }

  /** Whether nothing is left. */
  async ended(): Promise<boolean> {
    return (await this.#ahead(1)) === 0;
  }

  /** The bytes to come, up to so many, which are not read by that; fewer where the stream ends. */
  async peek(count: number): Promise<Uint8Array> {
    await this.#ahead(count);
    return this.#chunk.subarray(this.#at, this.#at + count);
  }

  /**
   * The next varint of Protocol Buffers, as its bytes.
   *
   * @throws RangeError where the stream ends in it, or it does not end
   */
  async varint(): Promise<Uint8Array> {
    await this.#ahead(MOST_VARINT);
    const end = this.#chunk.subarray(this.#at, this.#at + MOST_VARINT).findIndex((byte) => byte < 0x80);
    if (end >= 0) return this.#take(end + 1);
    throw this.#chunk.length - this.#at < MOST_VARINT ? cutOff() : new RangeError('a number does not end');
  }

  /** @throws RangeError where there are fewer */
  async bytes(count: number): Promise<Uint8Array> {
    if ((await this.#ahead(count)) < count) throw cutOff();
    return this.#take(count);
  }

  /** @throws RangeError where there are fewer */
  async skip(count: number): Promise<void> {
    let left = count;
    for (;;) {
      const here = Math.min(left, this.#chunk.length - this.#at);
      this.#at += here;
      left -= here;
      if (left === 0) return;
      if (!(await this.#next())) throw cutOff();
    }
  }

  #take(count: number): Uint8Array {
    this.#at += count;
    return this.#chunk.subarray(this.#at - count, this.#at);
  }

  /** @returns the bytes that are there, as many as are asked for unless the stream ends */
  async #ahead(count: number): Promise<number> {
    while (this.#chunk.length - this.#at < count) {
      const rest = this.#chunk.subarray(this.#at);
      const isMore = await this.#next();
      if (rest.length > 0) this.#prepend(rest);
      if (!isMore) return rest.length;
    }
    return this.#chunk.length - this.#at;
  }

  #prepend(rest: Uint8Array): void {
    const joined = new Uint8Array(rest.length + this.#chunk.length);
    joined.set(rest);
    joined.set(this.#chunk, rest.length);
    this.#passed -= rest.length;
    this.#chunk = joined;
  }

  /** Have the next chunk in the place of this one. */
  async #next(): Promise<boolean> {
    this.#passed += this.#chunk.length;
    this.#at = 0;
    const { done, value } = await this.#chunks.next();
    this.#chunk = done === true ? new Uint8Array(0) : value;
    return done !== true;
  }
}

function cutOff(): RangeError {
  return new RangeError('it is cut off');
}
