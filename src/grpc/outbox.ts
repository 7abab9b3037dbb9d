/** What is to be sent on a stream: whatever was put while the receiver was busy goes in one bunch. */
export class Outbox<T> implements AsyncIterable<readonly T[]> {
  #waiting: T[] = [];
  #ended = false;
  #wake: () => void = () => {};

  /** Does nothing once it has ended. */
  put(item: T): void {
    if (this.#ended) return;
    this.#waiting.push(item);
    this.#wake();
  }

  /** End after what is waiting. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly T[]> {
    for (;;) {
      if (this.#waiting.length > 0) {
        const bunch = this.#waiting;
        this.#waiting = [];
        yield bunch;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
