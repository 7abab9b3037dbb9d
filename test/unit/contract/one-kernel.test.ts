import { describe, expect, it } from 'vitest';
import {
  addLeft,
  isKernelOfSingleThread,
  isOneKernel,
  programName,
} from '../../../src/contract/one-kernel.ts';

describe('isOneKernel', () => {
  it.each([
    [[['native'], ['native']], true],
    [[['pillow']], true],
    [[['native'], ['pillow']], false],
    [[['sharp'], ['pillow']], false],
    [
      [
        ['native', 'pillow'],
        ['native', 'pillow'],
      ],
      false,
    ],
    [[['native'], ['native', 'pillow']], false],
    [[['native'], []], false],
    [[[], []], false],
    [[], false],
  ])('of %j is %s', (compared, one) => {
    expect(isOneKernel(compared)).toBe(one);
  });
});

describe('programName', () => {
  it.each([
    [{}, 100, 'native'],
    [{ sharp: 1 }, 100, 'native'],
    [{ sharp: 2 }, 100, 'native+sharp'],
    [{ sharp: 1, pillow: 1 }, 100, 'native+pillow+sharp'],
    [{ pillow: 3 }, 3, 'native+pillow'],
    [{}, 0, 'native'],
  ])('with %j left of %d images is %s', (left, images, name) => {
    expect(programName('native', left, images)).toBe(name);
  });

  it('tells programs apart by what their images were left to', () => {
    const names = ['sharp', 'pillow', 'sharp'].map((other) => [programName('native', { [other]: 9 }, 9)]);
    expect(isOneKernel(names.slice(0, 2))).toBe(false);
    expect(isOneKernel([names[0] ?? [], names[2] ?? []])).toBe(true);
  });
});

describe('the kernel of the single-thread run', () => {
  it.each([
    [['native'], 'native', true],
    [['native+sharp'], 'native', true],
    [['native', 'native+sharp'], 'native', true],
    [['native'], 'native+sharp', true],
    [['native+pillow'], 'native+sharp', false],
    [['native', 'pillow'], 'native', false],
    [['wasm+sharp'], 'native', false],
    [[], 'native', false],
  ])('is with %j beside %s that of the arm: %s', (kernels, single, isOne) => {
    expect(isKernelOfSingleThread(kernels, single)).toBe(isOne);
  });
});

it('images that were left are added up by kernel', () => {
  expect(addLeft({ sharp: 1 }, { pillow: 2, sharp: 3 })).toEqual({ sharp: 4, pillow: 2 });
});
