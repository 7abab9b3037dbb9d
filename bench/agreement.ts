import type { StatisticsRow } from './statistics-row.ts';

/** How the results of a contender compare with the exact ones. */
export type Agreement = {
  readonly images: number;
  /** Images of which any number differs. */
  readonly different: number;
  /** The largest difference of a mean, and of a minimum or maximum, in levels of 255. */
  readonly mean: number;
  readonly extreme: number;
};

/**
 * @param pixels of each image
 * @throws RangeError unless there is a row of nine numbers for each
 */
export function compareRows(
  rows: readonly StatisticsRow[],
  exact: readonly StatisticsRow[],
  pixels: readonly number[],
): Agreement {
  if (rows.length !== exact.length) {
    throw new RangeError(`Expected ${exact.length} rows but got ${rows.length}.`);
  }
  let different = 0;
  let mean = 0;
  let extreme = 0;
  exact.forEach((wanted, image) => {
    const row = rows[image] ?? [];
    if (row.length !== wanted.length) {
      throw new RangeError(`Expected ${wanted.length} numbers of image ${image} but got ${row.length}.`);
    }
    const differences = wanted.map((value, at) => Math.abs(value - (row[at] ?? Number.NaN)));
    if (differences.some((difference) => difference !== 0)) different += 1;
    mean = Math.max(mean, ...differences.slice(0, 3).map((difference) => difference / (pixels[image] ?? 1)));
    extreme = Math.max(extreme, ...differences.slice(3));
  });
  return { images: exact.length, different, mean, extreme };
}
