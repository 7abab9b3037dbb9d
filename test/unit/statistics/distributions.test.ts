import { describe, expect, it } from 'vitest';
import { normalBelow, studentQuantile, studentWithin } from '../../../src/statistics/distributions.ts';

describe('normalBelow', () => {
  // R: pnorm(c(-3, -1.959964, 0, 1, 2.5758293))
  it.each([
    [-3, 0.001349898],
    [-1.959964, 0.025],
    [0, 0.5],
    [1, 0.8413447],
    [2.5758293, 0.995],
  ])('%d: %d', (x, expected) => {
    expect(Math.abs(normalBelow(x) - expected)).toBeLessThan(1.5e-7);
  });
});

describe('studentQuantile', () => {
  // Any table of Student's t, two-sided 95 % and 99 %
  it.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 3, 3.182],
    [0.95, 6, 2.447],
    [0.95, 7, 2.365],
    [0.95, 30, 2.042],
    [0.99, 6, 3.707],
    [0.99, 9, 3.25],
  ])('%d of %d degrees of freedom is within %d', (part, degrees, expected) => {
    expect(studentQuantile(part, degrees)).toBeCloseTo(expected, 3);
  });

  it.each([1, 2, 5, 8, 49])('is the inverse of studentWithin for %d degrees of freedom', (degrees) => {
    for (const part of [0, 0.1, 0.5, 0.95, 0.999]) {
      expect(studentWithin(studentQuantile(part, degrees), degrees)).toBeCloseTo(part, 9);
    }
  });

  it('comes to the normal distribution as the values get many', () => {
    expect(studentQuantile(0.95, 2001)).toBeCloseTo(1.961, 3);
  });
});
