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
      const next = this.#waiting[0];
      if (next === undefined || (this.#held > 0 && this.#held + next.bytes > this.#limit)) return;
      this.#waiting.shift();
      this.#held += next.bytes;
      next.enter();
    }
  }
}
