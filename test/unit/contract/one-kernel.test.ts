import { describe, expect, it } from 'vitest';
import {
  addLeft,
  howToHaveOne,
  isKernelOfSingleThread,
  isOneKernel,
  kernelsOfArms,
  kernelsText,
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

describe('how several kernels can be one', () => {
  const NATIVE = '`--kernel native` is one program everywhere';
  const GRPC = 'functions and engine grpc share that one';
  it.each([
    [['native+sharp', 'native+pillow'], [GRPC]],
    [['native', 'native+pillow'], [GRPC]],
    [
      ['wasm+sharp', 'pillow'],
      [NATIVE, GRPC],
    ],
    [['native+sharp', 'wasm+sharp'], [NATIVE]],
    [['sharp', 'pillow'], [NATIVE]],
    [['native'], [NATIVE]],
  ])('%j', (kernels, remedies) => {
    const said = howToHaveOne(kernels);
    expect([NATIVE, GRPC].filter((remedy) => said.includes(remedy))).toEqual(remedies);
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

describe('kernels in words', () => {
  it('names all that measured, and says where nothing tells', () => {
    expect(kernelsText(['native'])).toBe('native');
    expect(kernelsText(['native', 'pillow'])).toBe('native and pillow');
    expect(kernelsText([])).toBe('a kernel that nothing tells of');
  });

  it('names those of each arm', () => {
    const arms = [
      { arm: 'serverless', kernels: ['native'] },
      { arm: 'fleet', kernels: ['native', 'pillow'] },
    ] as const;
    expect(kernelsOfArms(arms)).toBe(
      'the serverless arm measured with native, the fleet arm with native and pillow',
    );
  });
});
