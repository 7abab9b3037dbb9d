import type { Operation } from './operation.ts';
import type { Row } from './row.ts';

/** What became of one image. */
export type Measured = {
  readonly row: Row;
  /** Milliseconds from the bytes to pixels, the wait for a free decoder thread included. */
  readonly decodeMs: number;
  /** Milliseconds from pixels to the row. */
  readonly computeMs: number;
  /** The decoder's own words about an image that failed: for logs, never part of a row. */
  readonly detail?: string;
};

/** An image whose header has been read, and nothing else. */
export type Prepared = {
  /** Bytes that measuring it takes beside the input: 0 for an image that already failed. */
  readonly workingBytes: number;
  /** Decode and measure. An image that cannot be measured is a row with its error; it never rejects for that. */
  measure(operation: Operation): Promise<Measured>;
};

/**
 * Turns the bytes of an image into its row. All kernels give the same bytes of text for the same bytes of image
 * (docs/formats.md); they differ in speed only.
 *
 * @example
 * const prepared = kernel.prepare(input, 'train/cat.jpg');
 * await memory.acquire(prepared.workingBytes);
 * const { row } = await prepared.measure('stats');
 */
export type Kernel = {
  readonly name: string;
  /** Read the header and check the structure: one quick walk over the bytes, no memory of the size of the image. */
  prepare(input: Buffer, key: string): Prepared;
  /**
   * Measure many images that this kernel has prepared, in their order: faster than one by one where they are small.
   * A kernel that gains nothing by it leaves it out.
   */
  measureAll?(prepared: readonly Prepared[], operation: Operation): Promise<Measured[]>;
};
