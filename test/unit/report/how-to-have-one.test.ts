import { describe, expect, it } from 'vitest';
import { howToHaveOne } from '../../../src/report/how-to-have-one.ts';

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
