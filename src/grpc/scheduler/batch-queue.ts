type Fits = (batch: number) => boolean;

/**
 * Batches that nobody has, each at most once; those that a worker lost come before those that none had. Some of these are kept by a
 * worker, which should have them.
 */
export class BatchQueue {
  #lost: number[] = [];
  /** Those that none had, by their keepers. */
  readonly #fresh: Map<string | undefined, number[]>;
  readonly #members: Set<number>;

  /** @param keeperOf the worker that keeps a batch, if any */
  constructor(
    batches: Iterable<number> = [],
    keeperOf: (batch: number) => string | undefined = () => undefined,
  ) {
    this.#members = new Set(batches);
    // Taken from the end.
    this.#fresh = Map.groupBy([...this.#members].reverse(), keeperOf);
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
    if (!this.#members.delete(batch)) return;
    this.#lost = this.#lost.filter((other) => other !== batch);
    for (const [keeper, list] of this.#fresh) {
      this.#fresh.set(
        keeper,
        list.filter((other) => other !== batch),
      );
    }
  }

  /**
   * The first batch that fits, or undefined: one that a worker lost, of the worker's own, or that none is there to keep.
   *
   * @param isThere whether a keeper may get batches
   */
  take(worker: string, fits: Fits, isThere: (keeper: string) => boolean): number | undefined {
    const own = this.#fresh.get(worker) ?? [];
    let batch = this.#takeFrom(this.#lost, fits) ?? this.#takeFrom(own, fits);
    for (const [keeper, list] of this.#fresh) {
      if (batch !== undefined) break;
      if (keeper === undefined || !isThere(keeper)) batch = this.#takeFrom(list, fits);
    }
    return batch;
  }

  /** One that another worker keeps, or undefined: of the one with the most left, the one that it would come to last. */
  takeKept(fits: Fits): number | undefined {
    const lists = [...this.#fresh.values()].toSorted((a, b) => b.length - a.length);
    for (const list of lists) {
      const at = list.findIndex(fits);
      if (at >= 0) return this.#takeAt(list, at);
    }
    return undefined;
  }

  #takeFrom(list: number[], fits: Fits): number | undefined {
    const at = list.findLastIndex(fits);
    return at < 0 ? undefined : this.#takeAt(list, at);
  }

  #takeAt(list: number[], at: number): number | undefined {
    const [batch] = list.splice(at, 1);
    if (batch !== undefined) this.#members.delete(batch);
    return batch;
  }
}
