/**
 * Events by time: a binary heap in two typed arrays, so that millions of events make no garbage. Of two events at the same
 * time, the one with the lower slot comes first: the order does not depend on how they came in.
 */
export class EventHeap {
  readonly #times: Float64Array;
  readonly #slots: Int32Array;
  #size = 0;

  /** @param capacity most events at once */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#slots = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** When the next event is; infinity where there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#time(0);
  }

  /** @throws RangeError if the heap is full */
  push(time: number, slot: number): void {
    if (this.#size === this.#times.length) throw new RangeError('Expected room for an event.');
    let at = this.#size;
    this.#size += 1;
    for (; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(time, slot, this.#time(parent), this.#slot(parent))) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, time, slot);
  }

  /**
   * Take the next event out, and return its slot.
   *
   * @throws RangeError if there is none
   */
  pop(): number {
    if (this.#size === 0) throw new RangeError('Expected an event.');
    const first = this.#slot(0);
    this.#size -= 1;
    const [time, slot] = [this.#time(this.#size), this.#slot(this.#size)];
    let at = 0;
    for (;;) {
      const child = this.#earlierChild(at);
      if (child >= this.#size || !before(this.#time(child), this.#slot(child), time, slot)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, time, slot);
    return first;
  }

  /** Have every event at this time, of which none is later. */
  putOff(time: number): void {
    // In the order of their slots they are a heap: at one time the lower slot comes first.
    this.#slots.subarray(0, this.#size).sort();
    this.#times.fill(time, 0, this.#size);
  }

  #earlierChild(at: number): number {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (right >= this.#size) return left;
    return before(this.#time(right), this.#slot(right), this.#time(left), this.#slot(left)) ? right : left;
  }

  #time(at: number): number {
    return this.#times[at] ?? Number.POSITIVE_INFINITY;
  }

  #slot(at: number): number {
    return this.#slots[at] ?? 0;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#time(from), this.#slot(from));
  }

  #set(at: number, time: number, slot: number): void {
    this.#times[at] = time;
    this.#slots[at] = slot;
  }
}

function before(time: number, slot: number, otherTime: number, otherSlot: number): boolean {
  return time < otherTime || (time === otherTime && slot < otherSlot);
}
