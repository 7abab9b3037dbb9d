import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../../../src/workloads/kmeans/agreement.ts';

const tableOf = (rows: readonly Readonly<Record<string, number>>[]) =>
  rows.map((row) => new Map(Object.entries(row)));

describe('the agreement of clusters with labels', () => {
  it.each([
    // From the documentation of scikit-learn's adjusted_rand_score.
    [[{ a: 2 }, { b: 2 }], 1, 1],
    [[{ a: 2 }, { b: 1 }, { b: 1 }], 1, 0.571_428_571_428_571_4],
    [
      [
        { a: 1, b: 1 },
        { a: 1, b: 1 },
      ],
      0.5,
      -0.5,
    ],
    [[{ a: 1, b: 1, c: 1, d: 1 }], 0.25, 0],
    // All in one, and all alone.
    [[{ a: 3 }], 1, 1],
    [[{ a: 1 }, { b: 1 }], 1, 1],
    [[{ a: 1 }, {}], 1, 1],
  ])('of %j is a purity of %d and an index of %d', (rows, purity, adjustedRandIndex) => {
    expect(agreementOf(tableOf(rows as never))).toMatchObject({ purity, adjustedRandIndex });
  });

  it('is none where nothing is labelled', () => {
    expect(agreementOf(tableOf([{}, {}]))).toBeNull();
  });

  it('is that of all pairs of images', () => {
    const images = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('a', 'b', 'c')), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(images, (all) => {
        const table = Array.from({ length: 4 }, () => new Map<string, number>());
        for (const [cluster, label] of all) table[cluster]?.set(label, (table[cluster]?.get(label) ?? 0) + 1);
        let [together, apart, inCluster, inLabel] = [0, 0, 0, 0];
        for (const [i, [cluster, label]] of all.entries()) {
          for (const [other, otherLabel] of all.slice(i + 1)) {
            if (cluster === other && label === otherLabel) together += 1;
            else if (cluster === other) inCluster += 1;
            else if (label === otherLabel) inLabel += 1;
            else apart += 1;
          }
        }
        const below = (together + inLabel) * (inLabel + apart) + (together + inCluster) * (inCluster + apart);
        const index = below === 0 ? 1 : (2 * (together * apart - inLabel * inCluster)) / below;
        const found = agreementOf(table);
        expect(found?.labelled).toBe(all.length);
        expect(found?.adjustedRandIndex).toBeCloseTo(index, 12);
      }),
      { numRuns: 200 },
    );
  });

  it('counts what passes 2^53', () => {
    const most = 2 ** 40;
    expect(agreementOf(tableOf([{ a: most }, { b: most }]))).toEqual({
      ...{ labelled: 2 * most, purity: 1, adjustedRandIndex: 1 },
    });
  });
});
