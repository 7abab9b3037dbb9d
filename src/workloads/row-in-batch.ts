import type { MeasuredRow } from '../contract/row.ts';

/** A row of an image that could be done, and where the numbers are that it has the hash of. */
export interface RowInBatch {
  readonly row: MeasuredRow;
  /** The file of its batch in the folder of the tolerance; null where there is none. */
  readonly file: Buffer | null;
  /** Which one of the images of the batch that could be done, from 0; and how many these are. */
  readonly at: number;
  readonly images: number;
}
