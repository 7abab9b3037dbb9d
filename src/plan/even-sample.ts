/**
 * Some of a sequence of unknown length, the first among them, as far from each other as they can be: every item at first,
 * and half of what is kept whenever there are too many.
 */
export class EvenSample<T> {
  readonly #most: number;
  #kept: T[] = [];
  #every = 1;
  #seen = 0;

  /** @param most items that are kept; at least half as many are, if there are */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    if (this.#seen % this.#every === 0) this.#kept.push(item);
    this.#seen += 1;
    if (this.#kept.length <= this.#most) return;
    this.#kept = this.#kept.filter((_, place) => place % 2 === 0);
    this.#every *= 2;
  }

  get items(): readonly T[] {
    return this.#kept;
  }
}
