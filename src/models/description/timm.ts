import * as z from 'zod';
import { TENSOR_FILTERS } from '../../contract/tensor.ts';
import { invalidInput, problemOf } from '../../invalid-input.ts';
import { parse } from '../../parse.ts';
import { meanSchema, stdSchema } from '../tensor-description.ts';
import { IMAGENET } from './imagenet.ts';

const side = z.int().min(1);

const configSchema = z.object({
  input_size: z.tuple([z.literal(3, { error: '3 channels' }), side, side], { error: '[3, height, width]' }),
  interpolation: z
    .enum([...TENSOR_FILTERS, ''], { error: `one of ${TENSOR_FILTERS.join(', ')}` })
    .nullish()
    .transform((name) => name || 'bicubic'),
  crop_pct: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .transform((part) => part || 0.875),
  crop_mode: z
    .enum(['center', 'squash', ''], {
      error: '"center" or "squash" ("border", which pads images, is not supported)',
    })
    .nullish()
    .transform((mode) => mode || 'center'),
  mean: meanSchema.nullish().transform((mean) => mean ?? [...IMAGENET.mean]),
  std: stdSchema.nullish().transform((std) => std ?? [...IMAGENET.std]),
});

/**
 * A `pretrained_cfg` or `default_cfg` of timm as the fields of a tensor: what `create_transform` makes of `resolve_model_data_config`
 * for evaluation, with its defaults. What else is in it says nothing of tensors, and `test_input_size` is for other tests.
 *
 * The image is resized to floor(side / crop_pct): its shorter side, or with `squash` both.
 *
 * @throws FanfleetError `INVALID_INPUT`
 */
export function fromTimm(value: unknown, where: string) {
  const config = parse(configSchema, value, where);
  const [, height, width] = config.input_size;
  const scaled = {
    width: Math.floor(width / config.crop_pct),
    height: Math.floor(height / config.crop_pct),
  };
  const isSquare = scaled.width === scaled.height;
  if (config.crop_mode === 'center' && !isSquare) {
    const square = 'a height that is the width, unless `crop_mode` is "squash"';
    throw invalidInput(where, [problemOf(square, 'input_size', config.input_size)]);
  }
  return {
    resize: config.crop_mode === 'squash' ? scaled : { shorter: scaled.height },
    filter: config.interpolation,
    crop: { width, height },
    mean: config.mean,
    std: config.std,
  };
}
