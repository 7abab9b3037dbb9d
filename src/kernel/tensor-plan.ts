import { MAX_PIXELS } from '../contract/row.ts';
import type { TensorRecipe, TensorSize } from '../contract/tensor.ts';

/** The size that an image is resized to, and what is cut out of that. */
export type TensorPlan = {
  readonly resized: TensorSize;
  readonly left: number;
  readonly top: number;
  readonly crop: TensorSize;
};

/**
 * From the size of an image to that of its tensor, by torchvision's `Resize` and `CenterCrop`: the longer side is floored, and
 * half a pixel at the edge of a crop goes to the even number. The same as `plan_tensor` of ec2-workers/fanfleet/tensor_plan.py.
 */
export function planTensor({ resize, crop }: TensorRecipe, { width, height }: TensorSize): TensorPlan {
  const resized = 'shorter' in resize ? byShorterSide(resize.shorter, width, height) : resize;
  const cut = crop ?? resized;
  return {
    resized,
    left: halfToEven(resized.width - cut.width),
    top: halfToEven(resized.height - cut.height),
    crop: cut,
  };
}

/** The size that the tensors of all images have; undefined where it depends on the image. */
export function fixedSize({ resize, crop }: TensorRecipe): TensorSize | undefined {
  return crop ?? ('shorter' in resize ? undefined : resize);
}

function byShorterSide(shorter: number, width: number, height: number): TensorSize {
  return width <= height
    ? { width: shorter, height: Math.floor((shorter * height) / width) }
    : { width: Math.floor((shorter * width) / height), height: shorter };
}

/** Half of it; halves of odd numbers to the even side, as Python's `round` has it. */
function halfToEven(difference: number): number {
  const half = Math.floor(difference / 2);
  return difference % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** Whether it would be resized to more pixels than an image may have. */
export function isTooLarge({ resized }: TensorPlan): boolean {
  return resized.width * resized.height > MAX_PIXELS;
}

/** Bytes of the tensor itself. */
export function tensorLength({ crop }: TensorPlan, { type }: TensorRecipe): number {
  return 3 * crop.width * crop.height * (type === 'float32' ? 4 : 1);
}

/**
 * What the tensor of an image adds to its decoding, in the kernel that takes most: Pillow with numpy, which keep the pixels, their
 * image of four bytes each, the one between its passes, the resized one, the weights, and the values while they are
 * put in order. The same as `tensor_bytes` of ec2-workers/fanfleet/tensor_plan.py, since it refuses images.
 */
export function tensorBytes(recipe: TensorRecipe, { width, height }: TensorSize): number {
  const { resized, crop } = planTensor(recipe, { width, height });
  const fewerRows = height - resized.height;
  const rowsFirst = fewerRows > 0 && fewerRows > 2 * (width - resized.width);
  const between = rowsFirst ? width * resized.height : resized.width * height;
  const weights = 64 * (width + height + resized.width + resized.height);
  const perPixel = recipe.type === 'float32' ? 36 : 16;
  const pixels = 7 * width * height + 4 * between + 4 * resized.width * resized.height;
  return pixels + weights + perPixel * crop.width * crop.height;
}
