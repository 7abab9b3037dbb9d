import { expect, test } from 'vitest';
import { type Centre, MOST_COUNT, prepareCentres } from '../../src/kernel/centres.ts';
import { integerBetween, seededRandom } from '../../src/statistics/random.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { PYTHON_KERNELS } from '../support/python-kernels.ts';

type Problem = {
  readonly length: number;
  readonly centres: readonly Centre[];
  readonly vectors: Uint8Array;
};

/** Clusters with noise, centres of many counts, two of them equal, and some as far to both sides of a vector. */
function problem(length: number, k: number, count: number, seed: number): Problem {
  const random = seededRandom(seed);
  const values = (most: number) => Array.from({ length }, () => integerBetween(random, 0, most));
  const kinds = Array.from({ length: k }, () => values(255));
  const vectors = Array.from({ length: count }, (_, at) =>
    (kinds[at % k] ?? []).map((value) => Math.min(255, Math.max(0, value + integerBetween(random, -20, 20)))),
  );
  const centres = kinds.map((kind, at) => {
    const count = at % 3 === 0 ? MOST_COUNT - at : integerBetween(random, 1, 1000);
    return {
      count,
      sum: kind.map((value) => Math.min(255 * count, value * count + integerBetween(random, 0, count))),
    };
  });
  const middle = vectors[0] ?? [];
  const far = middle.map((value) => integerBetween(random, 0, 3 * Math.min(value, 255 - value)));
  const sides = [1, -1].map((side) => ({
    count: 3,
    sum: middle.map((value, at) => 3 * value + side * (far[at] ?? 0)),
  }));
  const twin = centres[0] ?? { count: 1, sum: [] };
  return { length, centres: [...centres, ...sides, twin], vectors: Uint8Array.from(vectors.flat()) };
}

test.each([
  { length: 3, k: 16, count: 400 },
  { length: 64, k: 10, count: 300 },
  { length: 192, k: 12, count: 150 },
  { length: 2352, k: 3, count: 20 },
])(
  'every kernel of both languages gives what fractions give: $k centres of $length',
  async ({ length, k, count }) => {
    // Prepare
    const { centres, vectors } = problem(length, k, count, length);
    const input = JSON.stringify({ length, centres, vectors: Buffer.from(vectors).toString('base64') });
    // Act
    const expected = fixtureLines(['assign_to_centres.py', '--fractions'], { input });
    const found = new Map<string, readonly string[]>();
    for (const kernel of PYTHON_KERNELS) {
      const { name, ...prepared } = await prepareCentres(kernel, centres, length);
      const { labels, counts, squares, sums } = await prepared.assign(vectors);
      found.set(
        `${name} in Node`,
        [[...labels], counts, squares, sums].map((numbers) => JSON.stringify(numbers)),
      );
      found.set(`${kernel} in Python`, fixtureLines(['assign_to_centres.py'], { input, kernel }));
    }
    // Assess
    expect(expected).toHaveLength(4);
    for (const [name, lines] of found) expect(lines, name).toEqual(expected);
  },
);
