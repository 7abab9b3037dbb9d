import { describe, expect, it } from 'vitest';
import { vote } from '../../../../src/workloads/knn/vote.ts';

describe('vote', () => {
  const set = { labels: ['a', 'b', 'c'], labelOf: [2, 2, 1, 1, 0, 0] };
  const of = (...indices: number[]) =>
    vote(
      indices.map((index, distance) => [index, distance] as const),
      set,
    );

  it('goes to the label of most, wherever its images stand', () => {
    expect(of(4, 0, 1)).toBe('c');
    expect(of(0, 2, 3)).toBe('b');
  });

  it.each([
    [[0], 'c'],
    [[0, 4], 'a'],
    [[0, 2], 'b'],
    [[0, 1, 2, 3, 4], 'b'],
    [[0, 1, 2, 3, 4, 5], 'a'],
  ])('of labels with as many votes it goes to the first in their order: %j', (indices, label) => {
    expect(of(...indices)).toBe(label);
  });
});
