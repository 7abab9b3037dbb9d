import { describe, expect, test } from 'vitest';
import type { TensorRecipe } from '../../../src/contract/tensor.ts';
import type { Tensored } from '../../../src/kernel/kernel.ts';
import { TensorBatch } from '../../../src/kernel/tensor-batch.ts';

const RECIPE: TensorRecipe = {
  resize: { width: 2, height: 1 },
  filter: 'box',
  layout: 'nhwc',
  type: 'float32',
};
const SHAPE = [1, 2, 3] as const;
const FAILED: Tensored = {
  failed: { key: 'bad', error: { code: 'DECODE_FAILED', message: '' } },
  decodeMs: 0,
  computeMs: 0,
};

describe('TensorBatch', () => {
  test('gives places one behind the other, and closes the gaps of images that failed', () => {
    const into = new Float32Array(30).fill(-1);
    const batch = new TensorBatch(into.subarray(3), RECIPE, 4);
    const places = [batch.take(1), batch.take(2), batch.take(1)].map(
      ({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / 4),
    );
    expect(places.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([
      [12, 6],
      [36, 12],
      [84, 6],
    ]);
    places.forEach((place, at) => {
      place.fill(at);
    });
    const [first, second, last] = places;
    if (first === undefined || second === undefined || last === undefined) throw new Error('no place');
    const made = [FAILED, tensorOf(second.subarray(0, 6)), FAILED, tensorOf(last)];
    const closed = batch.closed(made);
    expect(closed.map(({ failed }) => failed?.key)).toEqual(['bad', undefined, 'bad', undefined]);
    expect(closed.map(({ tensor }) => tensor?.data.byteOffset)).toEqual([undefined, 12, undefined, 36]);
    expect([...into.subarray(0, 15)]).toEqual([-1, -1, -1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect([...into.subarray(27)]).toEqual([-1, -1, -1]);
  });

  test('takes in what a kernel has made in other memory', () => {
    const into = new Float32Array(12);
    const batch = new TensorBatch(into, RECIPE, 2);
    const [, second] = batch.closed([FAILED, tensorOf(Float32Array.of(1, 2, 3, 4, 5, 6))]);
    expect(second?.tensor?.data).toEqual(into.subarray(0, 6));
    expect([...into]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0]);
  });

  test('refuses an array that is too small or of another type, and tensors of several sizes', () => {
    expect(() => new TensorBatch(new Float32Array(11), RECIPE, 2)).toThrow(
      'Expected room for 12 values of float32 but got 11 of float32.',
    );
    expect(() => new TensorBatch(new Uint8Array(12), RECIPE, 2)).toThrow(
      'Expected room for 12 values of float32 but got 12 of uint8.',
    );
    const shorter = { ...RECIPE, resize: { shorter: 2 } };
    expect(() => new TensorBatch(new Float32Array(12), shorter, 1)).toThrow(
      'Expected a recipe with `crop`, by which all tensors have one size, but got none.',
    );
  });
});

function tensorOf(data: Float32Array): Tensored {
  return { tensor: { shape: SHAPE, data }, size: { width: 1, height: 1 }, decodeMs: 0, computeMs: 0 };
}
