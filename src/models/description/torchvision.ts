import * as z from 'zod';
import { TENSOR_FILTERS } from '../../contract/tensor.ts';
import { parse } from '../../parse.ts';
import { meanSchema, stdSchema } from '../tensor-description.ts';
import { IMAGENET } from './imagenet.ts';

const side = z.int().min(1);
const sides = z.union([side, z.tuple([side]), z.tuple([side, side])], {
  error: 'a number of pixels, alone or in a list, or [height, width]',
});

const presetSchema = z.strictObject({
  crop_size: sides,
  resize_size: sides.default(256),
  mean: meanSchema.default([...IMAGENET.mean]),
  std: stdSchema.default([...IMAGENET.std]),
  interpolation: z.enum(TENSOR_FILTERS).default('bilinear'),
  antialias: z
    .literal(true, { error: '`true` or nothing: images, unlike tensors, are always resized so' })
    .default(true),
});

/**
 * The fields of `ImageClassification`, which torchvision's `weights.transforms()` gives, as those of a tensor. One number is the
 * shorter side for `Resize` and both for `CenterCrop`; two are height and width.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export function fromTorchvision(value: unknown, where: string) {
  const { resize_size, crop_size, interpolation, mean, std } = parse(presetSchema, value, where);
  const [shorter, other] = [resize_size].flat();
  return {
    resize: other === undefined ? { shorter } : sizeOf(resize_size),
    filter: interpolation,
    crop: sizeOf(crop_size),
    mean,
    std,
  };
}

function sizeOf(value: z.output<typeof sides>) {
  const [height = 0, width = height] = [value].flat();
  return { width, height };
}
