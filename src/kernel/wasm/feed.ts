import type { Mailbox } from './messages.ts';

/** Hands over the bytes of pieces, as many at a time as there is room for. */
export class Feed {
  readonly #pieces: readonly Buffer[];
  #piece = 0;
  #offset = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  /** Gives how many bytes were put. */
  fill(mailbox: Mailbox): number {
    const to = new Uint8Array(mailbox);
    let filled = 0;
    for (let piece = this.#pieces[this.#piece]; piece !== undefined && filled < to.length; ) {
      const part = piece.subarray(this.#offset, this.#offset + to.length - filled);
      to.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === piece.length) {
        this.#offset = 0;
        this.#piece += 1;
        piece = this.#pieces[this.#piece];
      }
    }
    return filled;
  }
}
