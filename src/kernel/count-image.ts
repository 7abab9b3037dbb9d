import type { ValueCounts } from './histogram.ts';
import type { Measured, Prepared } from './kernel.ts';

/** Measure an image as `stats` does, and add its values to `counts` if it could be measured. */
export async function countImage(prepared: Prepared, counts: ValueCounts): Promise<Measured> {
  const { row, ...measured } = await prepared.histogram();
  if ('error' in row) return { ...measured, row };
  const { histogram, ...statistics } = row;
  counts.addImage(row);
  return { ...measured, row: statistics };
}
