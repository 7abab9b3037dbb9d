import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactClusters, exactPredictions, inertiaOf } from '../../../bench/exact-learning.ts';
import { answerText } from '../../../bench/learning-answer.ts';
import { CLASSES, digitsSet, generatedSet, type LearningSet } from '../../../bench/learning-sets.ts';
import { learningTable } from '../../../bench/learning-table.ts';

/** A set of images of one byte. */
function setOf(values: readonly number[], over: Partial<LearningSet> = {}): LearningSet {
  return {
    ...{
      name: 'generated',
      title: 'some',
      length: 1,
      asked: 1,
      start: values.keys().take(CLASSES).toArray(),
    },
    ...{ images: Uint8Array.from(values), labels: Uint8Array.from(values, () => 0) },
    ...over,
  };
}

describe('exactPredictions', () => {
  it('take the first of those that are equally far, and the least label of as many votes', () => {
    // Prepare: 10 is asked; 8 and 12 are equally far
    const values = [8, 12, 14, 10];
    const labels = Uint8Array.from([7, 3, 3, 0]);

    // Act and assess
    expect(exactPredictions(setOf(values, { labels }), 1)).toEqual([7]);
    expect(exactPredictions(setOf(values, { labels }), 2)).toEqual([3]);
    expect(exactPredictions(setOf(values, { labels: Uint8Array.from([9, 3, 9, 0]) }), 3)).toEqual([9]);
  });

  it('know 483 of the last 500 digits by their 5 nearest, as numpy does', async () => {
    const set = await digitsSet(1);
    const right = exactPredictions(set, 5).filter((one, at) => one === set.labels[at + 1297]);
    expect(right).toHaveLength(483);
  });
});

describe('exactClusters', () => {
  it('give ties to the lower cluster, and leave an empty one where it is', () => {
    // Prepare: ten centres of which eight are the same, so that all but the first of these lose everything
    const values = [0, 10, 100, 100, 100, 100, 100, 100, 100, 100, 5];

    // Act
    const { labels, iterations } = exactClusters(setOf(values));

    // Assess: 5 is as far from 0 as from 10
    expect(labels).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 0]);
    expect(iterations).toBe(2);
  });

  it('put every image to the nearest mean, by big integers', () => {
    const images = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 11, maxLength: 60 });
    fc.assert(
      fc.property(images, (values) => {
        const { labels } = exactClusters(setOf(values));
        const sums = Array.from({ length: CLASSES }, () => ({ n: 0n, sum: 0n }));
        for (const [at, label] of labels.entries()) {
          const one = sums[label];
          if (one === undefined) throw new RangeError(`no cluster ${label}`);
          one.n += 1n;
          one.sum += BigInt(values[at] ?? 0);
        }
        for (const [at, label] of labels.entries()) {
          const x = BigInt(values[at] ?? 0);
          // (x - S/n)² over n², compared across; empty clusters have kept a centre that is not known here
          const far = ({ n, sum }: { n: bigint; sum: bigint }) => (x * n - sum) ** 2n;
          const own = sums[label] ?? { n: 1n, sum: 0n };
          for (const [other, their] of sums.entries()) {
            if (their.n === 0n) continue;
            const [mine, theirs] = [far(own) * their.n ** 2n, far(their) * own.n ** 2n];
            expect(other < label ? mine < theirs : mine <= theirs).toBe(true);
          }
        }
      }),
      { seed: 1 },
    );
  });

  it('have an inertia that is the sum of squared distances to the means', () => {
    expect(inertiaOf(setOf([0, 2, 10, 20]), [0, 0, 1, 1])).toBe(1 + 1 + 25 + 25);
  });
});

describe('generatedSet', () => {
  it('is the same for a seed, and its clusters are such', () => {
    const set = generatedSet(300, 7);
    expect(generatedSet(300, 7)).toEqual(set);
    expect(generatedSet(300, 8).images).not.toEqual(set.images);
    expect(new Set(set.labels).size).toBe(CLASSES);
    const own = inertiaOf(set, [...set.labels]);
    expect(own).toBeLessThan(
      0.9 *
        inertiaOf(
          set,
          Array.from(set.labels, (_, at) => at % CLASSES),
        ),
    );
  });
});

describe('answerText', () => {
  const set = setOf([0, 0, 10, 10, 0, 10], { asked: 2, labels: Uint8Array.from([0, 0, 1, 1, 0, 1]) });
  const exact = { predictions: [0, 1], clusters: { labels: [0, 0, 1, 1, 0, 1], iterations: 2 } };
  const found = { iterations: 3, isSameStart: true };

  it('says how many predictions are right, and how many are others', () => {
    expect(answerText('knn', set, exact, { ...found, labels: [0, 1] })).toBe(
      '2 of 2 right; all predictions exact',
    );
    expect(answerText('knn', set, exact, { ...found, labels: [1, 1] })).toBe(
      '1 of 2 right; 1 predictions are others than the exact ones',
    );
    expect(() => answerText('knn', set, exact, { ...found, labels: [1] })).toThrow(
      'Expected 2 predictions but got 1',
    );
  });

  it('compares labels only where K-Means began with the same centres', () => {
    const half = setOf([0, 0, 10, 10], { labels: Uint8Array.from([0, 0, 1, 1]) });
    const known = { predictions: [], clusters: { labels: [0, 0, 0, 1], iterations: 2 } };
    const labels = [1, 1, 1, 0];
    expect(answerText('kmeans', half, known, { ...found, labels })).toBe(
      "3 iterations; inertia 1.0000 of the exact one's; 4 labels are others than the exact ones",
    );
    const elsewhere = { iterations: undefined, isSameStart: false, labels };
    expect(answerText('kmeans', half, known, elsewhere)).toBe(
      "iterations not told; inertia 1.0000 of the exact one's; a start of its own",
    );
  });
});

describe('learningTable', () => {
  const one = { kind: 'first', answer: 'fine', results: 1 } as const;

  it('has the quickest by CPU time first, beside a peer round by round', () => {
    const lines = learningTable(
      [
        { ...one, name: 'scikit-learn', wall: [1, 2, 3], cpu: [2, 4, 6] },
        { ...one, name: 'other', wall: [2, 2, 2], cpu: [1, 2, 3] },
        { ...one, name: 'slow', wall: [40], cpu: [70] },
        { name: 'broken', failure: 'no\nJava' },
      ],
      'scikit-learn',
    ).split('\n');
    expect(lines[2]).toBe('| other | 2.00 [2.00-2.00] | 2.00 [1.00-3.00] | 2.00 | fine |');
    expect(lines[3]).toBe('| scikit-learn | 2.00 [1.00-3.00] | 4.00 [2.00-6.00] | 1.00 | fine |');
    expect(lines[4]).toBe('| slow | 40.0, one pass | 70.0, one pass |  | fine |');
    expect(lines).toContain('broken could not do it: no Java');
  });
});
