import { describe, expect, it } from 'vitest';
import { percentages } from '../../../cli/percentages.ts';

describe('percentages', () => {
  it('reads numbers of 0 to 100', () => {
    expect(percentages('0, 0.1,50,99.9,100')).toEqual([0, 0.1, 50, 99.9, 100]);
  });

  it.each(['', '50,', '-1', '100.1', 'p50', '1;2', 'NaN'])('refuses %j', (text) => {
    expect(() => percentages(text)).toThrow('Expected numbers of 0 to 100');
  });
});
