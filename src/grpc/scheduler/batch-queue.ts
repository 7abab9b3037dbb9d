/** Batches that nobody has, each at most once; those that a worker lost come before those that none had. */
export class BatchQueue {
  #lost: number[] = [];
  #fresh: number[];
  readonly #members: Set<number>;

  constructor(batches: Iterable<number> = []) {
    this.#members = new Set(batches);
    // Taken from the end.
    this.#fresh = [...this.#members].reverse();
  }

  get size(): number {
    return this.#members.size;
  }

  /** Put a batch back at the front. */
  putBack(batch: number): void {
    if (this.#members.has(batch)) return;
    this.#members.add(batch);
    this.#lost.push(batch);
  }

  /** Take a batch out wherever it stands. */
  remove(batch: number): void {
    if (this.#members.delete(batch)) {
      this.#lost = this.#lost.filter((other) => other !== batch);
      this.#fresh = this.#fresh.filter((other) => other !== batch);
    }
  }

  /** The first batch that fits, or undefined. */
  take(fits: (batch: number) => boolean): number | undefined {
    const batch = takeLast(this.#lost, fits) ?? takeLast(this.#fresh, fits);
    if (batch !== undefined) this.#members.delete(batch);
    return batch;
  }
}

function takeLast(list: number[], fits: (batch: number) => boolean): number | undefined {
  const at = list.findLastIndex(fits);
  return at < 0 ? undefined : list.splice(at, 1)[0];
}
