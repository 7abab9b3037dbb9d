/** Every n-th of things whose number is not known before: n doubles whenever they would be too many. */
export class EvenSample<T> {
  readonly #most: number;
  #every = 1;
  #kept = new Map<number, T>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the thing at a place is wanted, as far as can be told by now. Asked in the order of the places, from 0. */
  takes(at: number): boolean {
    if (at / this.#every >= this.#most) {
      this.#every *= 2;
      this.#kept = new Map([...this.#kept].filter(([place]) => place % this.#every === 0));
    }
    return at % this.#every === 0;
  }

  add(at: number, value: T): void {
    if (at % this.#every === 0) this.#kept.set(at, value);
  }

  /** At most as many as were wanted, and more than half of that where there were enough. */
  values(): readonly T[] {
    return [...this.#kept.values()];
  }
}
