import type { Random } from './random.ts';

/** Up to so many arrangements all are tried, so that the p-value is exact; of more, so many are drawn. */
const MOST_ARRANGEMENTS = 65_536;
const DRAWN = 19_999;
/** Arrangements whose sums differ by less than this part of the terms are equal: rounding is no evidence. */
const ROUNDING = 1e-12;

/**
 * The p-value, for both directions, of paired differences under the hypothesis that the two of a pair are exchangeable,
 * and so each difference could as well have had the other sign (Fisher, "The Design of Experiments", 1935; Good,
 * "Permutation, Parametric, and Bootstrap Tests of Hypotheses", 2005, chapter 3): the part of all choices of signs
 * whose sum is at least as far from 0. Nothing is assumed of the noise but that: it may have any distribution, and another
 * one in every pair.
 *
 * Of n differences it is at least 2 / 2^n. Beyond 16 pairs signs are drawn, and what was observed counts as drawn too:
 * (1 + at least as far) / (1 + drawn), without which a test is called too often (Phipson and Smyth, "Permutation
 * P-values Should Never Be Zero", Statistical Applications in Genetics and Molecular Biology 9(1), 2010).
 */
export function signFlipTest(differences: readonly number[], random: Random): number {
  const scale = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const least = Math.abs(differences.reduce(add, 0)) - scale * ROUNDING;
  const arrangements = 2 ** differences.length;
  if (arrangements > MOST_ARRANGEMENTS) {
    return drawnPart(() => {
      return Math.abs(differences.reduce((sum, one) => sum + (random() < 0.5 ? one : -one), 0)) >= least;
    });
  }
  let asFar = 0;
  for (let signs = 0; signs < arrangements; signs += 1) {
    const sum = differences.reduce((total, one, i) => total + ((signs >> i) & 1 ? -one : one), 0);
    if (Math.abs(sum) >= least) asFar += 1;
  }
  return asFar / arrangements;
}

/**
 * The p-value, for both directions, of the difference of the means of two samples under the hypothesis that it is chance
 * which value is in which: the part of all divisions of the values into samples of these sizes whose means are at least as
 * far apart. The same sources; of n and m values it is at least 1 / C(n + m, n), and 2 / C(2 n, n) of equally many.
 *
 * @throws RangeError for a sample without a value
 */
export function permutationTest(a: readonly number[], b: readonly number[], random: Random): number {
  if (a.length === 0 || b.length === 0) throw new RangeError('Expected at least one value in each sample.');
  const all = [...a, ...b];
  const total = all.reduce(add, 0);
  const scale = all.reduce((sum, value) => sum + Math.abs(value), 0);
  /** How far the means are apart, from the sum of the first sample. */
  const apart = (sum: number) => Math.abs(sum / a.length - (total - sum) / b.length);
  const least = apart(a.reduce(add, 0)) - scale * ROUNDING;
  if (combinations(all.length, a.length) > MOST_ARRANGEMENTS) {
    return drawnPart(() => apart(drawnSum(all, a.length, random)) >= least);
  }
  let asFar = 0;
  let arrangements = 0;
  const visit = (from: number, missing: number, sum: number) => {
    if (missing === 0) {
      arrangements += 1;
      if (apart(sum) >= least) asFar += 1;
      return;
    }
    for (let i = from; i <= all.length - missing; i += 1) visit(i + 1, missing - 1, sum + (all[i] as number));
  };
  visit(0, a.length, 0);
  return asFar / arrangements;
}

function drawnPart(asFarAgain: () => boolean): number {
  let asFar = 1;
  for (let i = 0; i < DRAWN; i += 1) if (asFarAgain()) asFar += 1;
  return asFar / (DRAWN + 1);
}

/** The sum of so many values drawn without putting back; the values are in another order afterwards. */
function drawnSum(values: number[], count: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const other = i + Math.floor(random() * (values.length - i));
    const value = values[other] as number;
    values[other] = values[i] as number;
    values[i] = value;
    sum += value;
  }
  return sum;
}

/** @returns how many ways there are to choose `k` of `n` */
export function combinations(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) ways = (ways * (n - i + 1)) / i;
  return Math.round(ways);
}

function add(sum: number, value: number): number {
  return sum + value;
}
