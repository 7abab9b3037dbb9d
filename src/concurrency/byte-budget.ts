/**
 * A semaphore that counts bytes: holders together have at most `limit`, so that a batch of large images cannot
 * outgrow the memory that a batch of small ones needs. First come, first served.
 *
 * One request over the limit is let in alone, since otherwise it would wait for ever.
 */
export class ByteBudget {
  readonly #limit: number;
  #held = 0;
  readonly #waiting: { bytes: number; enter: () => void }[] = [];
  /** Where the queue begins: taking one off the front of a long array would move all others. */
  #first = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Run `work` while `bytes` of the budget are held. */
  async with<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await this.#acquire(bytes);
    try {
      return await work();
    } finally {
      this.#held -= bytes;
      this.#admit();
    }
  }

  #acquire(bytes: number): Promise<void> {
    return new Promise((enter) => {
      this.#waiting.push({ bytes, enter });
      this.#admit();
    });
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[this.#first];
      if (next === undefined || (this.#held > 0 && this.#held + next.bytes > this.#limit)) return;
      this.#first += 1;
      if (2 * this.#first > this.#waiting.length) {
        this.#waiting.splice(0, this.#first);
        this.#first = 0;
      }
      this.#held += next.bytes;
      next.enter();
    }
  }
}
