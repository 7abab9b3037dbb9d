import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { FanfleetError } from '../errors.ts';

/** The numbers that the addon takes per image: width, height, count of pieces. */
export const NUMBERS_IN = 3;
/** The numbers that it gives per image: state, ms of decoding and scanning, then sum, sumSq, min, max per channel. */
export const NUMBERS_OUT = 15;
/** The states of an image: measured, damaged, or left to the portable kernel. */
export const STATES = { measured: 0, damaged: 1, foreign: 2 } as const;

/** What `native/src/lib.rs` exports. */
export type NativeAddon = {
  /** Measure images in one job on libuv's pool. The pieces must not change until it settles. */
  measure(
    pieces: readonly Buffer[],
    images: Uint32Array,
  ): Promise<{
    readonly numbers: Float64Array;
    /** The decoder's words for each damaged image. */
    readonly details: readonly string[];
  }>;
};

/** Where `npm run build:native` puts the addon for this machine. */
export const ADDON_PATH = fileURLToPath(
  new URL(`../../native/dist/${platform}-${arch}/kernel.node`, import.meta.url),
);

/**
 * Load the addon, or give undefined where it was not built.
 *
 * @throws FanfleetError `NATIVE_KERNEL_BROKEN` if it is there and cannot be loaded
 */
export function loadAddon(path: string = ADDON_PATH): NativeAddon | undefined {
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
