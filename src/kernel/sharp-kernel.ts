import { performance } from 'node:perf_hooks';
import type { Sharp } from 'sharp';
import type { Depth } from '../contract/depth.ts';
import type { Normalisation } from '../contract/normalisation.ts';
import type { Operation } from '../contract/operation.ts';
import { type FailedRow, failedRow } from '../contract/row.ts';
import { type DeepPixels, deepOverBlack, measureDeep } from './deep.ts';
import { deepHistogramRow } from './deep-histogram.ts';
import { countLzwPixels } from './formats/lzw.ts';
import { readStill } from './formats/read.ts';
import type { Still } from './formats/still.ts';
import { countValues, statisticsOfCounts } from './histogram.ts';
import { imageBytes, sharpBytes } from './image-memory.ts';
import type { Decoded, Kernel, Measured, Prepared } from './kernel.ts';
import { sharp } from './load-sharp.ts';
import { exactMeans, outputBytes, refusedImage, tooLargeFor } from './prepared.ts';
import { compositeOverBlack, measuredRow, measurePixels, type Pixels } from './scan.ts';
import { normaliseDeep, normalisePixels } from './sharp-normalise.ts';
import { rgbOf } from './sharp-pixels.ts';
import { tensorBytes } from './tensor-plan.ts';

/** How libvips uses the process; the settings are global in sharp. */
export type SharpSettings = {
  /** Threads that work on one image. More images at once are faster than more threads for one. */
  readonly threads: number;
};

/** Set what is global in sharp. Images are seen once, so its cache of operations is turned off. */
export function configureSharp({ threads }: SharpSettings): void {
  sharp.concurrency(threads);
  sharp.cache(false);
}

/** A kernel around sharp. At most `UV_THREADPOOL_SIZE` images are decoded at once, whatever the caller starts. */
export function createSharpKernel(): Kernel {
  return { name: 'sharp', prepare };
}

function prepare(input: Buffer, key: string, depth: Depth = '8'): Prepared {
  const still = readStill(input);
  if (typeof still === 'string') {
    return refusedImage(key, still);
  }
  const isDeep = still.deep !== undefined && depth === 'native';
  // An image of 16 bits whose low 8 are left out is told of, since they may be all that it has.
  const dropped = still.deep !== undefined && !isDeep;
  const prepared: Prepared = {
    key,
    workingBytes: sharpBytes(still, isDeep),
    mostBytes: (product) => imageBytes(still, input.length, product),
    measure: (operation: Operation) =>
      isDeep
        ? decodeThen(decodeDeep(still), key, async (pixels) => ({
            row: measureDeep(key, still, deepOverBlack(pixels), operation),
          }))
        : decodeThen(decode(still), key, async (pixels) => ({
            row: measurePixels(key, still, pixels, operation),
            ...(dropped && { droppedBits: true }),
          })),
    normalisingBytes: ({ format }) =>
      sharpBytes(still, true) + outputBytes(still, format) + 3 * still.width * still.height,
    normalise: async (normalisation: Normalisation) =>
      tooLargeFor(normalisation.format, still, key) ??
      (still.deep === undefined
        ? decodeThen(decode(still), key, (pixels) => normalisePixels(key, still, pixels, normalisation))
        : decodeThen(decodeDeep(still), key, (pixels) => normaliseDeep(key, still, pixels, normalisation))),
    histogram: () =>
      isDeep
        ? decodeThen(decodeDeep(still), key, async (pixels) => ({
            row: deepHistogramRow(key, still, deepOverBlack(pixels)),
          }))
        : decodeThen(decode(still), key, async (pixels) => {
            const histogram = countValues(compositeOverBlack(pixels), still.width * still.height);
            const row = measuredRow(key, still, histogram.map(statisticsOfCounts), 'stats');
            return { row: { ...row, histogram }, ...(dropped && { droppedBits: true }) };
          }),
    approximate: () => exactMeans(prepared),
    pixelsBytes: sharpBytes(still) + 3 * still.width * still.height,
    pixels: () => decodePixels(still, key),
    tensorBytes: (recipe) => sharpBytes(still) + tensorBytes(recipe, still),
  };
  return prepared;
}

async function decodePixels(still: Still, key: string): Promise<Decoded> {
  const { width, height, deep } = still;
  const outcome = await decodeThen(decode(still), key, async (pixels) => ({ data: rgbOf(still, pixels) }));
  if ('row' in outcome) {
    const { row: failed, computeMs, ...rest } = outcome;
    return { failed, ...rest };
  }
  const pixels = { width, height, data: outcome.data };
  const decodeMs = outcome.decodeMs + outcome.computeMs;
  return { pixels, decodeMs, ...(deep !== undefined && { droppedBits: true }) };
}

/** @param decoding what is awaited here, since it fails at a damaged image */
async function decodeThen<P, T>(
  decoding: Promise<P>,
  key: string,
  compute: (pixels: P) => Promise<T>,
): Promise<(T | { readonly row: FailedRow }) & Omit<Measured, 'row'>> {
  const started = performance.now();
  let pixels: P;
  try {
    pixels = await decoding;
  } catch (reason) {
    const detail = reason instanceof Error ? reason.message : String(reason);
    const decodeMs = performance.now() - started;
    return { row: failedRow(key, 'DECODE_FAILED'), decodeMs, computeMs: 0, detail };
  }
  const decoded = performance.now();
  const outcome = await compute(pixels);
  return { ...outcome, decodeMs: decoded - started, computeMs: performance.now() - decoded };
}

/**
 * `failOn: 'error'` and `unlimited` make sharp accept exactly what libjpeg repairs, as Pillow does: it would
 * refuse at a warning, or after many of them. Size is limited from the header before.
 */
async function decode(still: Still): Promise<Pixels> {
  const { data, channels } = await decoded(still, (decoder) => {
    if (still.grey) decoder.toColourspace('b-w');
    return decoder.raw();
  });
  return { data, channels };
}

/** The pixels of an image of 16 bits a sample. Its colours are named to libvips, which would else make 8 bits of them. */
async function decodeDeep(still: Still): Promise<DeepPixels> {
  const { data, channels } = await decoded(still, (decoder) =>
    decoder.toColourspace(still.deep ?? 'rgb16').raw({ depth: 'ushort' }),
  );
  return { data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), channels };
}

async function decoded(still: Still, toRaw: (decoder: Sharp) => Sharp) {
  const framePixels = still.frameWidth * still.frameHeight;
  if (still.lzw !== undefined && countLzwPixels(still.lzw, framePixels) < framePixels) {
    throw new Error('the codes end before the last pixel');
  }
  const [only, ...more] = still.pieces;
  const input = only !== undefined && more.length === 0 ? only : Buffer.concat(still.pieces);
  const decoder = sharp(input, {
    failOn: 'error',
    unlimited: true,
    limitInputPixels: false,
    ignoreIcc: true,
  });
  if (still.dropAlpha) decoder.removeAlpha();
  const { data, info } = await toRaw(decoder).toBuffer({ resolveWithObject: true });
  const { channels, width, height } = info;
  if (width !== still.frameWidth || height !== still.frameHeight) {
    throw new Error(
      `decoded ${width} x ${height}, but the header has ${still.frameWidth} x ${still.frameHeight}`,
    );
  }
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new Error(`decoded ${String(channels)} channels`);
  }
  return { data, channels };
}
