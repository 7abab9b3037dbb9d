import type { Operation } from '../contract/operation.ts';
import type { Row } from '../contract/row.ts';
import { NUMBERS_OUT } from './addon-numbers.ts';
import { type ApproximateRow, approximateRow } from './approximate.ts';
import type { HistogramRow, ValueCounts } from './histogram.ts';
import type { Wanted } from './native-job.ts';
import { nativeRow, nativeSums } from './native-row.ts';
import { countImage, exactMeans } from './prepared.ts';

/** Where the counts are, from where the statistics begin. */
const HISTOGRAM = NUMBERS_OUT - 3;

/** A JPEG is decoded at one pixel for so many, each way: one for each block. */
const SHRINK = 8;

export function statisticsWanted(operation: Operation): Wanted<Row> {
  return {
    wanted: 'statistics',
    row: ({ key, still }, numbers, first) => nativeRow(key, still, numbers, first, operation),
    otherwise: (bySharp) => bySharp.measure(operation),
  };
}

export const HISTOGRAM_WANTED: Wanted<HistogramRow> = {
  wanted: 'histogram',
  row({ key, still }, numbers, first) {
    const channel = (at: number) => {
      const from = first + HISTOGRAM + 256 * at;
      return [...numbers.subarray(from, from + 256)];
    };
    const histogram = [channel(0), channel(1), channel(2)] as const;
    return { ...nativeRow(key, still, numbers, first, 'stats'), histogram };
  },
  otherwise: (bySharp) => bySharp.histogram(),
};

/** The rows of `stats`, while all values are added to `counts`. */
export function countsWanted(counts: ValueCounts): Wanted<Row> {
  return {
    ...statisticsWanted('stats'),
    wanted: 'total',
    total: (found) => counts.add(found),
    otherwise: (bySharp) => countImage(bySharp, counts),
  };
}

export const APPROXIMATION_WANTED: Wanted<ApproximateRow> = {
  wanted: 'eighth',
  row({ key, still }, numbers, first) {
    const shrink = still.pieces[0]?.[0] === 0xff ? SHRINK : 1;
    const pixels = Math.ceil(still.width / shrink) * Math.ceil(still.height / shrink);
    return approximateRow({ key, ...still }, nativeSums(numbers, first), pixels);
  },
  otherwise: exactMeans,
};
