import type { PerChannel } from './row.ts';

/** What normalised images are written as: 8-bit RGB (`png`, `jpeg`), or float32 in [0, 1] (`npy`). */
export const NORMALISED_FORMATS = ['png', 'jpeg', 'npy'] as const;
export type NormalisedFormat = (typeof NORMALISED_FORMATS)[number];

/** How an image is stretched to the whole range of its format: (value - min) / (max - min), see docs/normalise.md. */
export type Normalisation = {
  readonly format: NormalisedFormat;
  /** Stretch each channel from its own minimum and maximum, or all from those over the three. */
  readonly channels: 'each' | 'all';
  /** The minima and maxima of the dataset, of 8 bits or of 16. Without it: the image's own. */
  readonly range?: { readonly min: PerChannel; readonly max: PerChannel; readonly depth?: 16 };
  /** Of a JPEG, 1-100; chroma is 4:2:0. */
  readonly quality: number;
};
