import { describe, expect, it } from 'vitest';
import { medianRatio } from '../../../src/statistics/median-ratio.ts';

describe('medianRatio', () => {
  it('compares within rounds, so that a slow round does not count', () => {
    expect(medianRatio([90, 9, 90], [100, 10, 100])).toBeCloseTo(0.9);
  });
});
