import { describe, expect, it } from 'vitest';
import { medianRatio, spread } from '../../../bench/median.ts';

describe('spread', () => {
  it('gives the middle, the least and the most, in any order of the values', () => {
    expect(spread([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  });

  it('takes the middle between two where the count is even', () => {
    expect(spread([1, 2, 4, 100])).toEqual({ median: 3, min: 1, max: 100 });
  });

  it('refuses to tell anything of no values', () => {
    expect(() => spread([])).toThrow('at least one value');
  });
});

describe('medianRatio', () => {
  it('compares within rounds, so that a slow round does not count', () => {
    expect(medianRatio([90, 9, 90], [100, 10, 100])).toBeCloseTo(0.9);
  });
});
