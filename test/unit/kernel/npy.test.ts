import { expect, test } from 'vitest';
import { npyHeader } from '../../../src/kernel/npy.ts';

test('a header is that of numpy.save', () => {
  const header = npyHeader(500, 375);
  expect(header.toString('latin1', 0, 8)).toBe('\u0093NUMPY\u0001\u0000');
  expect(header.readUInt16LE(8)).toBe(118);
  expect(header.toString('latin1', 10).trimEnd()).toBe(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (375, 500, 3), }",
  );
  expect(header.at(-1)).toBe('\n'.charCodeAt(0));
});

test('the numbers behind it are aligned, for the smallest and the largest image', () => {
  for (const [width, height] of [
    [1, 1],
    [1_000_000, 134],
  ] as const) {
    expect(npyHeader(width, height).length).toBe(128);
  }
});
