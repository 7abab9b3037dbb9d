import type { Row } from '../src/contract/row.ts';
import type { LocalFailedRow } from '../src/local/failed-row.ts';

/** Of an image: the sums of R, G and B, their minima and their maxima. */
export type StatisticsRow = readonly number[];

const NONE: readonly number[] = [];

/** The nine integers in a row of fanfleet's `stats`. */
export function statisticsOf(row: Row | LocalFailedRow): StatisticsRow {
  if ('error' in row) throw new TypeError(`Expected statistics of ${row.key} but got ${row.error.code}.`);
  const { sum = NONE, min = NONE, max = NONE } = row;
  return [...sum, ...min, ...max];
}
