/** Adds up the time in which at least one of several overlapping jobs was under way. */
export class BusyClock {
  readonly #now: () => number;
  #running = 0;
  #since = 0;
  #busyMs = 0;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds up to the last moment in which no job was under way. */
  get busyMs(): number {
    return this.#busyMs;
  }

  async during<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running === 0) this.#since = this.#now();
    this.#running += 1;
    try {
      return await job();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#busyMs += this.#now() - this.#since;
    }
  }
}
