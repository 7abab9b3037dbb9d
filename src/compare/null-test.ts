import * as z from 'zod';
import { pairedRatioTest, type RatioTestOptions } from '../statistics/ratio-test.ts';

/** Two runs that were made one after the other. */
export const pairSchema = z.object({ a: z.number().positive(), b: z.number().positive() });
export type Pair = z.infer<typeof pairSchema>;

/** A against A: what is called different there, noise alone has done. */
export const nullTestSchema = z.object({
  comparisons: z.int().positive(),
  /** How many of them were called different. */
  calledDifferent: z.int().nonnegative(),
  /** Median of the second A over that of the first, of each comparison. */
  ratios: z.array(z.number().positive()),
});
export type NullTest = z.infer<typeof nullTestSchema>;

/** Judge comparisons of one configuration with itself, each by as many pairs and the same rule as A and B. */
export function nullTest(
  comparisons: readonly (readonly Pair[])[],
  options: RatioTestOptions,
): NullTest | null {
  if (comparisons.length === 0) return null;
  const tests = comparisons.map((pairs) => pairedRatioTest(pairs, options));
  return {
    comparisons: tests.length,
    calledDifferent: tests.filter(({ verdict }) => verdict !== 'no difference shown').length,
    ratios: tests.map(({ ratio }) => ratio),
  };
}

/** Plant a difference: the second of each pair takes so many times as long as it did. */
export function planted(pairs: readonly Pair[], times: number): Pair[] {
  return pairs.map(({ a, b }) => ({ a, b: b * times }));
}
