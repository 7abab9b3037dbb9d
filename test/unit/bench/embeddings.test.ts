import { expect, it } from 'vitest';
import { deviation, nearestDistances, wrongRows } from '../../../bench/embeddings-agreement.ts';

const VECTORS = { numbers: Float32Array.of(0, 0, 3, 4, 0, 1, 0, -1), length: 2 };

it('equal embeddings do not deviate, and of others the farthest is told', () => {
  const expected = [
    [1, 0],
    [0, 2],
  ];
  expect(deviation(expected, expected)).toEqual({ others: 0, difference: 0, cosine: 1 });
  expect(
    deviation(expected, [
      [1, 0],
      [0, -2],
    ]),
  ).toEqual({ others: 1, difference: 4, cosine: -1 });
});

it('an embedding that is missing is not taken for an equal one', () => {
  expect(deviation([[1, 0]], []).difference).toBeNaN();
  expect(deviation([[1, 0]], []).others).toBe(1);
});

it('the nearest are those of least distance, and those that are equally far stand for each other', () => {
  expect(nearestDistances(VECTORS, 0, 3)).toEqual([0, 1, 1]);
  expect(wrongRows(VECTORS, [0], 2, [[0, 2]])).toBe(0);
  expect(wrongRows(VECTORS, [0], 2, [[3, 0]])).toBe(0);
  expect(wrongRows(VECTORS, [0, 0, 0], 2, [[0, 1], [0], [0, 2]])).toBe(2);
});
