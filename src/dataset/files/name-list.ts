/** Ends a name: no name of a file has it. */
const END = 0;
const FIRST_BYTES = 1024;
const FIRST_NAMES = 32;

/** Names from one place to before another, equal up to `depth`, that are still to be sorted. */
type Range = { readonly from: number; readonly to: number; readonly depth: number };

/**
 * The names in one folder, taken in the order of their bytes. A folder may have millions: they take a byte for each of
 * their own, and five beside, instead of an object each, and they are sorted as they are taken, so that the first ones do
 * not wait for the last.
 */
export class NameList {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  /** Where each name begins. */
  #starts = new Uint32Array(FIRST_NAMES);
  #length = 0;
  /** What is still to be taken, the first last; none before the first is taken. */
  #unsorted: Range[] | undefined;

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

  /**
   * The next name, undefined after the last; none may be added any more. It sorts no further than it must: multikey
   * quicksort (J. Bentley and R. Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997), which looks at each
   * byte about once.
   */
  next(): string | undefined {
    this.#unsorted ??= [{ from: 0, to: this.#length, depth: 0 }];
    for (;;) {
      const range = this.#unsorted.pop();
      if (range === undefined) return undefined;
      const { from, to, depth } = range;
      if (to - from === 1) return this.#at(from);
      if (to > from) this.#split(range, this.#pivot(from, to, depth), this.#unsorted);
    }
  }

  /** Names whose byte is less than the pivot come first, those with more last. */
  #split({ from, to, depth }: Range, pivot: number, unsorted: Range[]): void {
    let [less, at, more] = [from, from, to];
    while (at < more) {
      const byte = this.#byte(at, depth);
      if (byte < pivot) this.#swap(less++, at++);
      else if (byte > pivot) this.#swap(at, --more);
      else at += 1;
    }
    unsorted.push({ from: more, to, depth });
    if (pivot === END) {
      // They are equal: no byte is left to tell them apart.
      for (let place = more - 1; place >= less; place -= 1) {
        unsorted.push({ from: place, to: place + 1, depth });
      }
    } else {
      unsorted.push({ from: less, to: more, depth: depth + 1 });
    }
    unsorted.push({ from, to: less, depth });
  }

  #at(place: number): string {
    const start = this.#starts[place] as number;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(END, start));
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
