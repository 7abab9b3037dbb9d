/** How an image is made larger or smaller, as Pillow names its filters. */
export const TENSOR_FILTERS = ['nearest', 'box', 'bilinear', 'bicubic', 'lanczos'] as const;
export type TensorFilter = (typeof TENSOR_FILTERS)[number];

/** Where the channel of a value is: the first of its three places, or the last. */
export const TENSOR_LAYOUTS = ['nchw', 'nhwc'] as const;
export type TensorLayout = (typeof TENSOR_LAYOUTS)[number];

export const TENSOR_TYPES = ['float32', 'uint8'] as const;
export type TensorType = (typeof TENSOR_TYPES)[number];

/** The longest side that can be asked for. */
export const MAX_TENSOR_SIDE = 4096;

export type TensorSize = { readonly width: number; readonly height: number };
/** Of R, G and B. */
export type TensorConstants = readonly [red: number, green: number, blue: number];

/** How an image becomes a tensor: docs/tensors.md. */
export type TensorRecipe = {
  /** The length of the shorter side, by which the other one keeps the shape; or both. */
  readonly resize: { readonly shorter: number } | TensorSize;
  readonly filter: TensorFilter;
  /** What is cut out of the middle. @default all */
  readonly crop?: TensorSize;
  /** Of float32, in units of 1: a value v of 0 to 255 becomes (v / 255 - mean) / std. @default 0 */
  readonly mean?: TensorConstants;
  /** @default 1 */
  readonly std?: TensorConstants;
  readonly layout: TensorLayout;
  readonly type: TensorType;
};
