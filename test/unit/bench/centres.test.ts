import { expect, it } from 'vitest';
import { nearestByFractions, otherLabels } from '../../../bench/centres-agreement.ts';
import { centresProblem } from '../../../bench/centres-vectors.ts';
import { lloyd } from '../../../bench/lloyd.ts';

const sizes = { count: 300, length: 16, k: 5, iterations: 3 };
const problem = centresProblem(sizes, 7);

it('the vectors are the same for a seed, of 17 values each', () => {
  expect(centresProblem(sizes, 7)).toEqual(problem);
  expect(centresProblem(sizes, 8)).not.toEqual(problem);
  expect(problem.vectors).toHaveLength(300 * 16);
  const values = [...new Set(problem.vectors)].sort((a, b) => a - b);
  expect(values).toEqual(Array.from({ length: 17 }, (_, value) => Math.round((255 * value) / 16)));
});

it('every mean is that of the vectors that went to it, and the labels are those of the last means', async () => {
  const vectorsOf = (label: number, labels: Uint32Array) =>
    Array.from({ length: 300 }, (_, at) => problem.vectors.subarray(at * 16, (at + 1) * 16)).filter(
      (_, at) => labels[at] === label,
    );
  const { centres, labels, before } = await lloyd(problem, 'portable');
  for (const [label, { count, sum }] of centres.entries()) {
    const own = vectorsOf(label, before);
    expect(count).toBe(own.length);
    expect(sum).toEqual(
      Array.from({ length: 16 }, (_, at) => own.reduce((sum, one) => sum + (one[at] ?? 0), 0)),
    );
  }
  for (let at = 0; at < 300; at += 1) {
    const vector = problem.vectors.subarray(at * 16, (at + 1) * 16);
    expect(labels[at], `vector ${at}`).toBe(nearestByFractions(centres, vector));
  }
  expect(otherLabels(labels, before)).toBeGreaterThan(0);
});

it('a centre to which nothing goes stays where it is', async () => {
  const vectors = Uint8Array.of(0, 200, 0, 0);
  const { centres, labels } = await lloyd({ vectors, length: 1, k: 3, iterations: 2 }, 'portable');
  expect(centres).toEqual([
    { count: 3, sum: [0] },
    { count: 1, sum: [200] },
    { count: 1, sum: [0] },
  ]);
  expect([...labels]).toEqual([0, 1, 0, 0]);
});

it('labels that are missing, too many or others are counted', () => {
  expect(otherLabels([1, 2, 3], [1, 2, 3])).toBe(0);
  expect(otherLabels([1, 2, 3], [1, 0, 0])).toBe(2);
  expect(otherLabels([1, 2, 3], [1, 2])).toBe(1);
  expect(otherLabels([1], [1, 2, 3])).toBe(2);
});
