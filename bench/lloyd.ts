import type { KernelChoice } from '../src/contract/kernel-choice.ts';
import { type Centre, prepareCentres } from '../src/kernel/centres.ts';
import type { CentresProblem } from './centres-vectors.ts';

/**
 * K-Means by Lloyd's iterations: as many means as asked for, and then each vector's nearest of the last ones.
 *
 * @returns the last means, the labels, and those by the means before
 */
export async function lloyd(
  { vectors, length, k, iterations }: CentresProblem,
  wanted: KernelChoice,
): Promise<{ centres: readonly Centre[]; labels: Uint32Array; before: Uint32Array }> {
  let centres: readonly Centre[] = Array.from({ length: k }, (_, at) => ({
    count: 1,
    sum: [...vectors.subarray(at * length, (at + 1) * length)],
  }));
  let before: Uint32Array = new Uint32Array();
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const { labels, counts, sums } = await (await prepareCentres(wanted, centres, length)).assign(vectors);
    // A centre without vectors stays where it is.
    centres = centres.map((centre, at) => {
      const [count = 0, sum = []] = [counts[at], sums[at]];
      return count === 0 ? centre : { count, sum };
    });
    before = labels;
  }
  const { labels } = await (await prepareCentres(wanted, centres, length)).assign(vectors);
  return { centres, labels, before };
}
