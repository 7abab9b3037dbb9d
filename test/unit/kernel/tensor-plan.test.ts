import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TensorRecipe } from '../../../src/contract/tensor.ts';
import { isTooLarge, planTensor, tensorBytes, tensorLength } from '../../../src/kernel/tensor-plan.ts';

const RECIPE: TensorRecipe = {
  resize: { shorter: 256 },
  crop: { width: 224, height: 224 },
  filter: 'bilinear',
  layout: 'nchw',
  type: 'float32',
};

test.each([
  [500, 375, { width: 341, height: 256 }, 58, 16],
  [375, 500, { width: 256, height: 341 }, 16, 58],
  [500, 333, { width: 384, height: 256 }, 80, 16],
  [1, 3, { width: 256, height: 768 }, 16, 272],
  [256, 256, { width: 256, height: 256 }, 16, 16],
])('%i x %i is resized and cut as torchvision does it', (width, height, resized, left, top) => {
  expect(planTensor(RECIPE, { width, height })).toEqual({ resized, left, top, crop: RECIPE.crop });
});

test('half a pixel at the edge of a crop goes to the even number', () => {
  const lefts = [4, 5, 6, 7, 8, 9, 10].map((side) => {
    const recipe = { ...RECIPE, resize: { width: side, height: 9 }, crop: { width: 3, height: 3 } };
    return planTensor(recipe, { width: 99, height: 99 }).left;
  });
  expect(lefts).toEqual([0, 1, 2, 2, 2, 3, 4]);
});

test('without a crop the tensor is all that was resized; the shorter side is exact, the longer one within a pixel', () => {
  const side = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 600 }), (width, height, shorter) => {
      const { crop, ...whole } = RECIPE;
      const plan = planTensor({ ...whole, resize: { shorter } }, { width, height });
      expect(plan).toMatchObject({ left: 0, top: 0, crop: plan.resized });
      expect(Math.min(plan.resized.width, plan.resized.height)).toBe(shorter);
      const [long, exact] = [
        Math.max(plan.resized.width, plan.resized.height),
        (shorter * Math.max(width, height)) / Math.min(width, height),
      ];
      expect(exact - long).toBeGreaterThanOrEqual(0);
      expect(exact - long).toBeLessThan(1);
    }),
  );
});

test('a tensor takes what comes of its size and type, and more than it is long', () => {
  const size = { width: 500, height: 375 };
  const plan = planTensor(RECIPE, size);
  expect(tensorLength(plan, RECIPE)).toBe(4 * 3 * 224 * 224);
  expect(tensorLength(plan, { ...RECIPE, type: 'uint8' })).toBe(3 * 224 * 224);
  expect(tensorBytes(RECIPE, size)).toBeGreaterThan(tensorLength(plan, RECIPE) + 3 * 500 * 375);
  expect(isTooLarge(plan)).toBe(false);
  expect(isTooLarge(planTensor(RECIPE, { width: 1, height: 2048 }))).toBe(false);
  expect(isTooLarge(planTensor(RECIPE, { width: 1, height: 2049 }))).toBe(true);
});
