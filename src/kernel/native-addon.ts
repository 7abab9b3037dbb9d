import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NormalisedFormat } from '../contract/normalisation.ts';
import { FanfleetError } from '../errors.ts';

/** What `native/src/lib.rs` exports for images. */
export type NativeAddon = {
  /**
   * Measure images in one job on libuv's pool. The pieces must not change until it settles.
   *
   * @param wanted besides the statistics `histogram` gives how often each value occurs, per channel, and `total` that of
   * all images together; `eighth` decodes JPEG at an eighth of its size
   */
  measure(
    pieces: readonly Buffer[],
    images: Uint32Array,
    wanted: 'statistics' | 'histogram' | 'total' | 'eighth',
  ): Promise<{
    readonly numbers: Float64Array;
    /** Where it is wanted: 256 counts of R, then of G, then of B, of the images that were measured. */
    readonly total?: Float64Array;
    /** The decoder's words for each damaged image. */
    readonly details: readonly string[];
  }>;
  /** Decode images in one job on libuv's pool. The pieces must not change until it settles. */
  pixels(
    pieces: readonly Buffer[],
    images: Uint32Array,
  ): Promise<{
    /** R, G and B of all pixels of all images, one image behind the other; of those that failed anything. */
    readonly pixels: Uint8Array;
    /** Two for each image: its state, and ms of decoding. */
    readonly numbers: Float64Array;
    /** The decoder's words for each damaged image. */
    readonly details: readonly string[];
  }>;
  /**
   * Make tensors of images in one job on libuv's pool. The pieces must not change until it settles.
   *
   * @param to where they come, if it can be written to from there; nobody may use it until it settles
   */
  tensors(
    pieces: readonly Buffer[],
    /** Of each `NUMBERS_IN_OF_TENSORS`. */
    images: Uint32Array,
    settings: TensorSettings,
    to?: Uint8Array,
  ): Promise<MadeTensors>;
  /** Normalise one image in a job on libuv's pool. The pieces must not change until it settles. */
  normalise(
    pieces: readonly Buffer[],
    settings: {
      readonly width: number;
      readonly height: number;
      readonly format: NormalisedFormat;
      readonly quality: number;
      /** Bytes that are left free before the numbers of `npy`. */
      readonly headerBytes: number;
      /** Whether each channel has its own range. */
      readonly each: boolean;
      /** Instead of the image's own: minima of R, G, B, then maxima. */
      readonly range?: readonly number[];
    },
  ): Promise<{
    /** The filtered lines of a PNG, the numbers of `npy`, or a JPEG file. None for a damaged or foreign image. */
    readonly output?: Buffer;
    /** The decoder's words about a damaged image. */
    readonly detail?: string;
    /** The image's own minima of R, G, B, then maxima. */
    readonly extremes: readonly number[];
    /** CRC-32 of the pixels of a JPEG before they were encoded. */
    readonly checksum: number;
    readonly decodeMs: number;
    readonly encodeMs: number;
  }>;
};

export type TensorSettings = {
  /** Its place in `TENSOR_FILTERS`. */
  readonly filter: number;
  /** Whether all of a channel comes before the next one. */
  readonly planar: boolean;
  /** Of float32 three means, and three standard deviations. Without them values stay bytes. */
  readonly constants?: readonly number[];
};

export type MadeTensors = {
  /** One tensor behind the other; of images that failed anything. Empty where they came into the array of the caller. */
  readonly data: Uint8Array;
  /** Of each image `NUMBERS_OF_TENSORS`. */
  readonly numbers: Float64Array;
  /** The decoder's words for each damaged image. */
  readonly details: readonly string[];
};

/** What `native/src/nearest_job.rs` exports. */
export type NearestAddon = {
  /**
   * Prepare vectors, which follow each other in the one piece, in a job on libuv's pool. It must not change until it settles.
   * What was prepared is freed when it is collected.
   */
  prepareNearest(pieces: readonly [Buffer], length: number): Promise<{ readonly training: object }>;
  /** Find the `k` nearest of the queries in the one piece in a job on libuv's pool. It must not change until it settles. */
  findNearest(training: object, pieces: readonly [Buffer], k: number): Promise<Neighbours>;
};

/** What `native/src/centres_job.rs` exports. */
export type CentresAddon = {
  /**
   * Prepare centres, each its count and behind it `length` sums, in a job on libuv's pool. They are copied, and freed when what
   * was prepared is collected.
   */
  prepareCentres(numbers: BigUint64Array, length: number): Promise<{ readonly centres: object }>;
  /** Assign the vectors in the one piece in a job on libuv's pool. It must not change until it settles. */
  assignToCentres(centres: object, pieces: readonly [Buffer]): Promise<AssignedTotals>;
};

/** All that it exports. */
export type WholeAddon = NativeAddon & NearestAddon & CentresAddon;

/** Where vectors went. */
export type AssignedTotals = {
  /** Of each vector the number of its centre. */
  readonly labels: Uint32Array;
  /** Of each centre how many vectors went to it, the sum of their squares, and the sums of each value. */
  readonly totals: Float64Array;
};

/** Of one query after the other its nearest, ordered by distance and then by index. */
export type Neighbours = {
  /** Places in the training set. */
  readonly indices: Uint32Array;
  /** Squared Euclidean distances. */
  readonly distances: Uint32Array;
};

/**
 * Where the addon for this machine is: `npm run build:native` puts it there, and packaging under the same name.
 *
 * @param root of the sources, or of a function's code
 */
export function addonPath(root: string): string {
  return join(root, 'native', 'dist', `${process.platform}-${process.arch}`, 'kernel.node');
}

export const ADDON_PATH = addonPath(fileURLToPath(new URL('../..', import.meta.url)));

/**
 * Load the addon, or give undefined where it was not built.
 *
 * @throws FanfleetError `NATIVE_KERNEL_BROKEN` if it is there and cannot be loaded
 */
export function loadAddon(path: string = ADDON_PATH): WholeAddon | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FanfleetError('NATIVE_KERNEL_BROKEN', `Expected a loadable addon at ${path} but got: ${why}.`, {
      cause,
      source: 'user',
    });
  }
}
