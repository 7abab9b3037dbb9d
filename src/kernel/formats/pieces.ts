/** Small pieces are joined by so many, since each costs far more than the few bytes that it may have. */
const JOINED = 1_024;

/** What is left of a file when parts are cut out or replaced: views of it, or copies where a hostile file is cut to shreds. */
export class Pieces {
  readonly #data: Buffer;
  readonly #done: Buffer[] = [];
  #views: Buffer[] = [];
  #kept = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  /** Cut out the bytes from `start` up to `end`. Cuts come in the order of the file. */
  cut(start: number, end: number): void {
    if (start > this.#kept) this.#views.push(this.#data.subarray(this.#kept, start));
    this.#kept = end;
    if (this.#views.length >= JOINED) {
      this.#done.push(Buffer.concat(this.#views));
      this.#views = [];
    }
  }

  /** Put other bytes in the place of those from `start` up to `end`. */
  replace(start: number, end: number, other: Buffer): void {
    this.cut(start, end);
    this.#views.push(other);
  }

  /** All that was not cut out up to `end`. */
  upTo(end: number): readonly Buffer[] {
    this.cut(end, end);
    return [...this.#done, ...this.#views];
  }
}
