import * as z from 'zod';
import {
  MAX_TENSOR_SIDE,
  TENSOR_FILTERS,
  TENSOR_LAYOUTS,
  TENSOR_TYPES,
  type TensorConstants,
  type TensorSize,
} from '../contract/tensor.ts';

const side = z.int().min(1).max(MAX_TENSOR_SIDE);
const size = z.strictObject({ width: side, height: side });
const resize = z.union([z.strictObject({ shorter: side }), size], {
  error: `{"shorter": pixels} or {"width": pixels, "height": pixels} of 1 to ${MAX_TENSOR_SIDE}`,
});
const deviation = z.number().positive();
export const meanSchema = z.tuple([z.number(), z.number(), z.number()]);
export const stdSchema = z.tuple([deviation, deviation, deviation]);

/**
 * What a description says of how the tensor of an image is made of its pixels, which are R, G and B of 8 bits: they are resized, cut in the
 * middle, put in the order of `channels`, and, as `float32`, become (v x range / 255 - mean) / std.
 */
export const tensorSchema = z.strictObject({
  /** The shorter side, while the longer one keeps the ratio and is floored; or both. In pixels. */
  resize,
  filter: z.enum(TENSOR_FILTERS),
  /** Null where nothing is cut off. */
  crop: size.nullable().default(null),
  channels: z.enum(['rgb', 'bgr']).default('rgb'),
  /** What 255 becomes before `mean` and `std`. */
  range: z.literal([1, 255]).default(1),
  /** Of each channel, in the order of `channels`; null with `uint8`, which has the pixels as they are. */
  mean: meanSchema.nullable().default(null),
  std: stdSchema.nullable().default(null),
  /** Null where it is as the model has it; so is the type. */
  layout: z.enum(TENSOR_LAYOUTS).nullable().default(null),
  type: z.enum(TENSOR_TYPES).nullable().default(null),
});
export type DescribedTensor = Readonly<z.output<typeof tensorSchema>>;

/** Mean or deviation of a description as a tensor has them: of R, G and B, in units of 1. */
export function constantsOf(
  described: NonNullable<DescribedTensor['mean']>,
  { channels, range }: Pick<DescribedTensor, 'channels' | 'range'>,
): TensorConstants {
  const [first, second, third] = described;
  const [red, blue] = channels === 'rgb' ? [first, third] : [third, first];
  return [red / range, second / range, blue / range];
}

/** The size that every tensor has; null where that depends on the image. */
export function tensorSize({
  crop,
  resize,
}: Pick<DescribedTensor, 'resize'> & { readonly crop?: TensorSize | null }): TensorSize | null {
  return crop ?? ('shorter' in resize ? null : resize);
}
