import { median } from '../statistics/median.ts';
import { FEWEST_PAIRS, pairedRatioTest, type RatioTestOptions } from '../statistics/ratio-test.ts';
import { type NullTest, nullTest, type Pair, planted } from './null-test.ts';

/** What becomes of a difference that is planted into pairs which have none. */
export interface Power {
  /** What the second of a pair was multiplied by; 1 is nothing planted. */
  readonly times: number;
  /** How many comparisons of so many pairs were called different. */
  readonly calls: readonly { readonly pairs: number; readonly test: NullTest | null }[];
  /** The fewest pairs with which it was called, of the sequences where it was. */
  readonly needed: { readonly median: number; readonly min: number; readonly max: number } | null;
  readonly sequences: number;
  /** Sequences that were too short to call it. */
  readonly missed: number;
}

export interface PowerOptions extends RatioTestOptions {
  /** Sizes of comparisons. */
  readonly sizes: readonly number[];
  /** Pairs of a sequence, which are added one after the other until the difference is called. */
  readonly sequence: number;
}

/**
 * Judge series of A/A pairs after a difference was planted. Comparisons of one size have no pair in common.
 *
 * @param series pairs in the order in which they were made
 */
export function powerOf(series: readonly (readonly Pair[])[], times: number, options: PowerOptions): Power {
  const changed = series.map((pairs) => planted(pairs, times));
  const sequences = changed.flatMap((pairs) => chunks(pairs, options.sequence));
  const needed = sequences.map((pairs) => pairsNeeded(pairs, options)).filter((count) => count !== null);
  return {
    times,
    calls: options.sizes.map((pairs) => {
      const comparisons = changed.flatMap((one) => chunks(one, pairs));
      return { pairs, test: nullTest(comparisons, options) };
    }),
    needed:
      needed.length === 0
        ? null
        : { median: median(needed), min: Math.min(...needed), max: Math.max(...needed) },
    sequences: sequences.length,
    missed: sequences.length - needed.length,
  };
}

/** The fewest of these pairs, from the first one on, with which they are called different; null if they never are. */
function pairsNeeded(pairs: readonly Pair[], options: RatioTestOptions): number | null {
  for (let count = FEWEST_PAIRS; count <= pairs.length; count += 1) {
    const { verdict } = pairedRatioTest(pairs.slice(0, count), options);
    if (verdict !== 'no difference shown') return count;
  }
  return null;
}

/** As many whole pieces of a size as there are; what is left over is left out. */
function chunks<T>(values: readonly T[], size: number): T[][] {
  const pieces = Math.floor(values.length / size);
  return Array.from({ length: pieces }, (_, i) => values.slice(i * size, (i + 1) * size));
}
