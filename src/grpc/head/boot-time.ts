/**
 * How long a worker takes from the call for it until it works, by those that came: the mean of what the head measured.
 * Of the first workers it knows no call; they tell how long they took from their user data on, which is a little less.
 */
export class BootTime {
  readonly #guess: number;
  readonly #measured = new Mean();
  readonly #told = new Mean();

  /** @param guess seconds, until the first worker is there */
  constructor(guess: number) {
    this.#guess = guess;
  }

  get seconds(): number {
    return this.#measured.value ?? this.#told.value ?? this.#guess;
  }

  /** A worker that the head has called for has come. */
  measured(seconds: number): void {
    this.#measured.add(seconds);
  }

  /** A worker says how long it took; 0 if it does not know. */
  told(seconds: number): void {
    if (seconds > 0) this.#told.add(seconds);
  }
}

class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }

  get value(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }
}
