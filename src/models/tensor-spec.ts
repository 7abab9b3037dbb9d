import * as z from 'zod';

/** Pillow's resampling filters, by which images are resized. */
export const FILTERS = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos'] as const;
/** The longest side that an image is resized to, or cut to. */
const MOST_SIDE = 4096;

const side = z.int().min(1).max(MOST_SIDE);
const size = z.strictObject({ width: side, height: side });
const resize = z.union([z.strictObject({ shorter: side }), size], {
  error: `{"shorter": pixels} or {"width": pixels, "height": pixels} of 1 to ${MOST_SIDE}`,
});
const deviation = z.number().positive();
export const meanSchema = z.tuple([z.number(), z.number(), z.number()]);
export const stdSchema = z.tuple([deviation, deviation, deviation]);

/**
 * What a description says of how the tensor of an image is made of its pixels, which are R, G and B of 8 bits: they are resized, cut in the
 * middle, put in the order of `channels`, and, as `float32`, become (v x range / 255 - mean) / std.
 */
export const tensorSchema = z
  .strictObject({
    /** The shorter side, while the longer one keeps the ratio and is floored; or both. In pixels. */
    resize,
    filter: z.enum(FILTERS),
    /** Null where nothing is cut off. */
    crop: size.nullable().default(null),
    channels: z.enum(['rgb', 'bgr']).default('rgb'),
    /** What 255 becomes before `mean` and `std`. */
    range: z.literal([1, 255]).default(1),
    /** Of each channel, in the order of `channels`; null with `uint8`, which has the pixels as they are. */
    mean: meanSchema.nullable().default(null),
    std: stdSchema.nullable().default(null),
    /** Null where it is as the model has it; so is the type. */
    layout: z.enum(['nchw', 'nhwc']).nullable().default(null),
    type: z.enum(['float32', 'uint8']).nullable().default(null),
  })
  .superRefine(({ resize, crop }, context) => {
    if (crop === null) return;
    const { width, height } =
      'shorter' in resize ? { width: resize.shorter, height: resize.shorter } : resize;
    for (const [name, most] of Object.entries({ width, height })) {
      if (crop[name === 'width' ? 'width' : 'height'] <= most) continue;
      context.addIssue({
        code: 'custom',
        path: ['crop', name],
        message: `at most the ${most} pixels that are left by \`resize\``,
      });
    }
  });

export type DescribedTensor = Readonly<z.output<typeof tensorSchema>>;
type Constants = readonly [red: number, green: number, blue: number];

/** How the tensor of an image is made, with everything that is known once the model is; its channels are R, G and B. */
export interface TensorSpec extends Pick<DescribedTensor, 'resize' | 'filter'> {
  /** What is cut out of the middle. @default all */
  readonly crop?: NonNullable<DescribedTensor['crop']>;
  /** Of float32, in units of 1: a value v of 0 to 255 becomes (v / 255 - mean) / std. */
  readonly mean?: Constants;
  readonly std?: Constants;
  readonly layout: NonNullable<DescribedTensor['layout']>;
  readonly type: NonNullable<DescribedTensor['type']>;
}

/** Mean or deviation of a description as the tensor has them. */
export function constantsOf(
  described: NonNullable<DescribedTensor['mean']>,
  { channels, range }: Pick<DescribedTensor, 'channels' | 'range'>,
): Constants {
  const [first, second, third] = described;
  const [red, blue] = channels === 'rgb' ? [first, third] : [third, first];
  return [red / range, second / range, blue / range];
}

/** The size that every tensor has; null where that depends on the image. */
export function tensorSize({
  crop,
  resize,
}: Pick<DescribedTensor, 'resize'> & { readonly crop?: DescribedTensor['crop'] }) {
  return crop ?? ('shorter' in resize ? null : resize);
}
