import * as z from 'zod';
import {
  MAX_TENSOR_SIDE,
  TENSOR_FILTERS,
  TENSOR_LAYOUTS,
  TENSOR_TYPES,
  type TensorRecipe,
} from './tensor.ts';

const side = z.int().min(1).max(MAX_TENSOR_SIDE);
const size = z.strictObject({ width: side, height: side }).readonly();
const mean = z.number().min(-1000).max(1000);
const std = z.number().min(1e-6).max(1000);

/** A `TensorRecipe` as a request may say it. */
export const tensorRecipeSchema = z
  .strictObject({
    resize: z.union([z.strictObject({ shorter: side }).readonly(), size], {
      error: `\`{"shorter":…}\` or \`{"width":…,"height":…}\`, integers of 1 to ${MAX_TENSOR_SIDE},`,
    }),
    filter: z.enum(TENSOR_FILTERS).default('bilinear'),
    crop: size.exactOptional(),
    mean: z.tuple([mean, mean, mean]).readonly().exactOptional(),
    std: z.tuple([std, std, std]).readonly().exactOptional(),
    layout: z.enum(TENSOR_LAYOUTS).default('nchw'),
    type: z.enum(TENSOR_TYPES).default('float32'),
  })
  .refine(fits, { path: ['crop'], error: 'no side longer than what `resize` makes of every image' })
  .refine(({ type, mean }) => type === 'float32' || mean === undefined, {
    path: ['mean'],
    error: 'nothing unless `type` is float32',
  })
  .refine(({ type, std }) => type === 'float32' || std === undefined, {
    path: ['std'],
    error: 'nothing unless `type` is float32',
  });

/** Nothing is padded: so the shorter side has to be enough for both sides of the crop. */
function fits({ resize, crop }: Pick<TensorRecipe, 'resize' | 'crop'>): boolean {
  if (crop === undefined) return true;
  const least = 'shorter' in resize ? { width: resize.shorter, height: resize.shorter } : resize;
  return crop.width <= least.width && crop.height <= least.height;
}
