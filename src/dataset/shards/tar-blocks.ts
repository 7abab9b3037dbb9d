import { BLOCK_BYTES } from './tar-writer.ts';

/** The bytes of a tar, from the first on. */
export type TarSource = {
  /** The next `length` bytes; fewer only where the tar ends. */
  read(length: number): Promise<Buffer>;
  /** Go on `length` bytes further, which may lie behind the end. */
  skip(length: number): void;
};

/** A tar by blocks, with a look at the next one. */
export class TarBlocks {
  readonly #source: TarSource;
  #ahead: Buffer | undefined;
  /** Of the next block, in bytes. */
  position = 0;

  constructor(source: TarSource) {
    this.#source = source;
  }

  /** 512 bytes; fewer, or none, only where the tar ends. */
  async next(): Promise<Buffer> {
    const block = await this.peek();
    this.#ahead = undefined;
    this.position += block.length;
    return block;
  }

  async peek(): Promise<Buffer> {
    this.#ahead ??= await this.#source.read(BLOCK_BYTES);
    return this.#ahead;
  }

  /** The data behind the block that was read last; nothing was looked at ahead. */
  async read(length: number): Promise<Buffer> {
    const data = await this.#source.read(length);
    this.position += data.length;
    return data;
  }

  /** @param length whole blocks, at least the one that was looked at */
  skip(length: number): void {
    this.#source.skip(length - (this.#ahead?.length ?? 0));
    this.#ahead = undefined;
    this.position += length;
  }
}
