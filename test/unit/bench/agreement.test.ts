import { describe, expect, it } from 'vitest';
import { compareRows } from '../../../bench/agreement.ts';

const EXACT = [
  [100, 200, 300, 0, 0, 0, 50, 60, 70],
  [10, 10, 10, 1, 1, 1, 4, 4, 4],
];
const PIXELS = [10, 5];

describe('compareRows', () => {
  it('finds equal rows equal', () => {
    expect(compareRows(EXACT, EXACT, PIXELS)).toEqual({ images: 2, different: 0, mean: 0, extreme: 0 });
  });

  it('tells the largest difference of a mean and of an extreme in levels', () => {
    const rows = [
      [100, 225, 300, 0, 3, 0, 50, 60, 70],
      [10, 10, 10, 1, 1, 1, 4, 4, 6],
    ];

    expect(compareRows(rows, EXACT, PIXELS)).toEqual({ images: 2, different: 2, mean: 2.5, extreme: 3 });
  });

  it('refuses rows that are missing or too short', () => {
    expect(() => compareRows(EXACT.slice(1), EXACT, PIXELS)).toThrow('Expected 2 rows but got 1');
    expect(() => compareRows([[1], [2]], EXACT, PIXELS)).toThrow('Expected 9 numbers of image 0 but got 1');
  });
});
