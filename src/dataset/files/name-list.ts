/** Ends a name: no name of a file has it. */
const END = 0;
const FIRST_BYTES = 1024;
const FIRST_NAMES = 32;

/**
 * The names in one folder, in the order of their bytes. A folder may have millions: they take a byte for each of their
 * own, and five beside, instead of an object each.
 */
export class NameList {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  /** Where each name begins. */
  #starts = new Uint32Array(FIRST_NAMES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param name without a zero byte */
  add(name: string): void {
    const most = 3 * name.length + 1; // of UTF-8 for a unit of UTF-16, and the end
    if (this.#used + most > this.#bytes.length) {
      const wider = Buffer.allocUnsafeSlow(2 * this.#bytes.length + most);
      this.#bytes.copy(wider, 0, 0, this.#used);
      this.#bytes = wider;
    }
    if (this.#length === this.#starts.length) {
      const longer = new Uint32Array(2 * this.#length);
      longer.set(this.#starts);
      this.#starts = longer;
    }
    this.#starts[this.#length] = this.#used;
    this.#length += 1;
    this.#used += this.#bytes.write(name, this.#used);
    this.#bytes[this.#used] = END;
    this.#used += 1;
  }

  /** The name at a place, from 0. */
  at(place: number): string {
    const start = this.#starts[place] as number;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(END, start));
  }

  sort(): void {
    this.#sort(0, this.#length, 0);
  }

  /**
   * Sort the names from one place to before another that are equal up to `depth`: multikey quicksort (J. Bentley and
   * R. Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997), which looks at each byte about once.
   */
  #sort(from: number, to: number, depth: number): void {
    let first = from;
    while (to - first > 1) {
      const pivot = this.#pivot(first, to, depth);
      let [less, at, more] = [first, first, to];
      while (at < more) {
        const byte = this.#byte(at, depth);
        if (byte < pivot) this.#swap(less++, at++);
        else if (byte > pivot) this.#swap(at, --more);
        else at += 1;
      }
      this.#sort(first, less, depth);
      if (pivot !== END) this.#sort(less, more, depth + 1);
      first = more;
    }
  }

  /** The middle one of three bytes. */
  #pivot(from: number, to: number, depth: number): number {
    const a = this.#byte(from, depth);
    const b = this.#byte((from + to) >>> 1, depth);
    const c = this.#byte(to - 1, depth);
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  #byte(place: number, depth: number): number {
    return this.#bytes[(this.#starts[place] as number) + depth] as number;
  }

  #swap(a: number, b: number): void {
    const start = this.#starts[a] as number;
    this.#starts[a] = this.#starts[b] as number;
    this.#starts[b] = start;
  }
}
