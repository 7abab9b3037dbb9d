import { createHash } from 'node:crypto';
import { serializeRow } from '../../src/contract/row.ts';
import {
  TENSOR_FILTERS,
  TENSOR_LAYOUTS,
  type TensorRecipe,
  type TensorSize,
} from '../../src/contract/tensor.ts';
import type { Tensored } from '../../src/kernel/kernel.ts';
import type { Random } from './random.ts';

/** Sides from one pixel to more than most images have. */
const SIDES = [1, 2, 3, 7, 16, 31, 64, 97, 224] as const;

/** A recipe that is allowed, by which all tensors have one size. */
export function randomRecipe(use: Random): TensorRecipe {
  const size = (): TensorSize => ({ width: use.pick(SIDES), height: use.pick(SIDES) });
  const [crop, other] = [size(), size()];
  const resized = { width: Math.max(crop.width, other.width), height: Math.max(crop.height, other.height) };
  const rest = {
    filter: use.pick(TENSOR_FILTERS),
    layout: use.pick(TENSOR_LAYOUTS),
    ...(use.once(2)
      ? { type: 'uint8' as const }
      : {
          type: 'float32' as const,
          mean: [0.485, 0.456, 0.406] as const,
          std: [0.229, 0.224, 0.225] as const,
        }),
  };
  if (use.once(2)) return { resize: { shorter: Math.max(crop.width, crop.height) }, crop, ...rest };
  return { resize: resized, ...(use.once(2) && { crop }), ...rest };
}

/** Whether it is refused for its size, which its header tells before damage is seen. */
export function isRefused({ failed }: Tensored): boolean {
  return failed?.error.code === 'TOO_MANY_PIXELS';
}

/** What tells a tensor, or why there is none, apart from others. */
export function tensorText({ tensor, failed }: Tensored): string {
  if (tensor === undefined) return serializeRow(failed);
  return `${tensor.shape.join('x')} ${createHash('sha256').update(tensor.data).digest('hex')}`;
}
