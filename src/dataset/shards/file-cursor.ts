import { readSync } from 'node:fs';
import type { TarSource } from './tar-blocks.ts';

/** A header and what usually belongs to it: more would mostly be read for nothing. */
const AHEAD_BYTES = 4096;

/** Reads an open file of this machine from its start. */
export class FileCursor implements TarSource {
  readonly #file: number;
  #position = 0;
  /** What was read last, and where it begins. */
  #chunk: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: number) {
    this.#file = file;
  }

  async read(length: number): Promise<Buffer> {
    const end = this.#position + length;
    if (this.#position < this.#start || end > this.#start + this.#chunk.length) {
      this.#start = this.#position;
      this.#chunk = this.#readThere(Math.max(length, AHEAD_BYTES));
    }
    const part = this.#chunk.subarray(this.#position - this.#start, end - this.#start);
    this.#position += part.length;
    return part;
  }

  skip(length: number): void {
    this.#position += length;
  }

  /** Fewer bytes only where the file ends. */
  #readThere(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let done = 0;
    for (let more = -1; more !== 0 && done < length; done += more) {
      more = readSync(this.#file, bytes, done, length - done, this.#position + done);
    }
    return bytes.subarray(0, done);
  }
}
