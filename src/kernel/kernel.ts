import type { Depth } from '../contract/depth.ts';
import type { Normalisation, NormalisedFormat } from '../contract/normalisation.ts';
import type { Operation } from '../contract/operation.ts';
import type { FailedRow, Row } from '../contract/row.ts';
import type { TensorRecipe, TensorSize } from '../contract/tensor.ts';
import type { ApproximateRow } from './approximate.ts';
import type { Centre, Centres } from './centres.ts';
import type { HistogramRow, ValueCounts } from './histogram.ts';
import type { Nearest } from './nearest.ts';

/** What became of one image. */
export type Measured<R = Row> = {
  readonly row: R;
  /** Milliseconds from the bytes to pixels, the wait for a free decoder thread included. */
  readonly decodeMs: number;
  /** Milliseconds from pixels to the row. */
  readonly computeMs: number;
  /** Whether it has 16 bits a sample, of which the row knows the high 8. */
  readonly droppedBits?: boolean;
  /** The name of the kernel that it was left to by the one that was asked. */
  readonly leftTo?: string;
  /** The decoder's own words about an image that failed: for logs, never part of a row. */
  readonly detail?: string;
};

/** What became of an image that was to be normalised. Its row has `min`, `max` and `output`. */
export type Normalised = Measured & {
  /** The encoded image; there is none for an image that failed. */
  readonly file?: Buffer;
};

/** Pixels of 8 bits a sample, over black: what the statistics of that depth are of (docs/formats.md). */
export type RgbPixels = {
  readonly width: number;
  readonly height: number;
  /** R, G and B of each pixel, row by row from the top: width x height x 3 bytes, which belong to the caller. */
  readonly data: Uint8Array;
};

/** What became of an image whose pixels were asked for: these, or the row of one that cannot be decoded. */
export type Decoded = Omit<Measured, 'row' | 'computeMs'> &
  (
    | { readonly pixels: RgbPixels; readonly failed?: undefined }
    | { readonly pixels?: undefined; readonly failed: FailedRow }
  );

/** The numbers that a model takes of an image. */
export type Tensor = {
  /** 3, height and width, or height, width and 3. */
  readonly shape: readonly [number, number, number];
  readonly data: Float32Array | Uint8Array;
};

/** What became of an image whose tensor was asked for: it, or the row of one that cannot be decoded. */
export type Tensored = Omit<Measured, 'row'> &
  (
    | { readonly tensor: Tensor; readonly size: TensorSize; readonly failed?: undefined }
    | { readonly tensor?: undefined; readonly failed: FailedRow }
  );

/** What is made of an image beside its row: a normalised copy, its pixels, or its tensor. */
export type Product = NormalisedFormat | 'pixels' | TensorRecipe;

/** An image whose header has been read, and nothing else. */
export type Prepared = {
  readonly key: string;
  /** Bytes that measuring it takes beside the input: 0 for an image that already failed. */
  readonly workingBytes: number;
  /**
   * Bytes that it takes with the file, in the kernel that takes most: the same in all kernels (`imageBytes`).
   *
   * @param product what is made of it beside its row
   */
  mostBytes(product?: Product): number;
  /** Decode and measure. An image that cannot be measured is a row with its error; it never rejects for that. */
  measure(operation: Operation): Promise<Measured>;
  /** Bytes that normalising it takes beside the input, the encoded image included. */
  normalisingBytes(normalisation: Normalisation): number;
  /** Decode, stretch and encode. Like `measure`, it never rejects because of the image. */
  normalise(normalisation: Normalisation): Promise<Normalised>;
  /** The statistics, and how often each value occurs. Runs have no such rows: they add the counts up. */
  histogram(): Promise<Measured<HistogramRow | FailedRow>>;
  /**
   * Means near the true ones, from an eighth of the pixels each way; exact where the format, or the kernel, has no
   * such shortcut. Runs have no such rows.
   */
  approximate(): Promise<Measured<ApproximateRow | FailedRow>>;
  /** Bytes that decoding it to pixels takes beside the input, the pixels included: 0 for an image that already failed. */
  readonly pixelsBytes: number;
  /**
   * Decode. An image that cannot be decoded has the row that `measure` gives; it never rejects for that. Of an image of 16
   * bits they are the high bytes, whatever depth it was prepared for.
   */
  pixels(): Promise<Decoded>;
  /** Bytes that making its tensor takes beside the input, the tensor included: 0 for an image that already failed. */
  tensorBytes(recipe: TensorRecipe): number;
};

/**
 * Turns the bytes of an image into its row. All kernels give the same bytes of text for the same bytes of image
 * (docs/formats.md); they differ in speed only.
 *
 * @example
 * const prepared = kernel.prepare(input, 'train/cat.jpg');
 * await memory.acquire(prepared.workingBytes);
 * const { row } = await prepared.measure('stats');
 */
export type Kernel = {
  /** Tells programs apart: what two kernels of one name take is compared (src/contract/one-kernel.ts). */
  readonly name: string;
  /**
   * Read the header and check the structure: one quick walk over the bytes, no memory of the size of the image.
   *
   * @param depth of the statistics; to normalise is always to use all bits. @default 8
   */
  prepare(input: Buffer, key: string, depth?: Depth): Prepared;
  /**
   * Measure many images that this kernel has prepared, in their order: faster than one by one where they are small.
   * A kernel that gains nothing by it leaves it out.
   */
  measureAll?(prepared: readonly Prepared[], operation: Operation): Promise<Measured[]>;
  /**
   * The pixels of many images that this kernel has prepared, in their order: faster than one by one where they are small.
   * Those of small images may be parts of one buffer. A kernel that gains nothing by it leaves it out.
   */
  pixelsAll?(prepared: readonly Prepared[]): Promise<Decoded[]>;
  /**
   * The tensors of images that this kernel has prepared, in their order (docs/tensors.md). An image that cannot be decoded has
   * the row that `measure` gives. Those of small images may be parts of one buffer. A kernel that leaves it out has no way of its own.
   *
   * @param into the array of a batch, with room for as many tensors as there are images. Those that could be made come there one
   * behind the other, in the order of the images and without gaps for others: `data` are parts of it. It belongs to
   * the kernel until this settles. Only for recipes by which all tensors have one size
   */
  tensors?(prepared: readonly Prepared[], recipe: TensorRecipe, into?: Tensor['data']): Promise<Tensored[]>;
  /**
   * Prepare a training set to find the nearest of its vectors. A kernel that leaves it out has no way of its own.
   *
   * @param length bytes of a vector
   */
  nearest?(training: Uint8Array, length: number): Promise<Nearest>;
  /**
   * Prepare centres to find the nearest of them. A kernel that leaves it out has no way of its own.
   *
   * @param length bytes of a vector
   */
  centres?(centres: readonly Centre[], length: number): Promise<Centres>;
  /**
   * As `measureAll` with `stats`, and add the values of all images that could be measured to `counts`. For kernels that
   * need not hand over a histogram of each image for it.
   */
  countAll?(prepared: readonly Prepared[], counts: ValueCounts): Promise<Measured[]>;
};
