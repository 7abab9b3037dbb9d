/** The numbers that the addon takes per image: width, height, count of pieces. */
export const NUMBERS_IN = 3;
/** The numbers that it gives per image: state, ms of decoding and scanning, then sum, sumSq, min, max per channel. */
export const NUMBERS_OUT = 15;
/** Where only pixels are wanted: state, ms of decoding. */
export const NUMBERS_OF_PIXELS = 2;
/** Of an image whose tensor is wanted: the three of `NUMBERS_IN`, and seven more (native/src/tensor.rs). */
export const NUMBERS_IN_OF_TENSORS = 10;
/** Of such an image: state, ms of decoding, and ms from its pixels to the tensor. */
export const NUMBERS_OF_TENSORS = 3;
/** The states of an image: measured, damaged, or left to sharp or Pillow. */
export const STATES = { measured: 0, damaged: 1, foreign: 2 } as const;
