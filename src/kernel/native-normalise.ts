import { performance } from 'node:perf_hooks';
import type { Normalisation } from '../contract/normalisation.ts';
import { failedRow } from '../contract/row.ts';
import type { Still } from './formats/still.ts';
import type { Normalised } from './kernel.ts';
import type { NativeAddon } from './native-addon.ts';
import { encodedFile, hashedFile } from './normalised.ts';
import { npyHeader } from './npy.ts';
import { encodeRgbPng } from './png-writer.ts';

/**
 * Normalise an image by the addon, which decodes, stretches and encodes JPEG; of PNG and npy it gives what the file is
 * made of.
 *
 * @returns undefined if the addon leaves the image to the sharp kernel
 */
export async function normaliseNatively(
  addon: NativeAddon,
  key: string,
  still: Still,
  { format, quality, channels, range }: Normalisation,
): Promise<Normalised | undefined> {
  const started = performance.now();
  const { width, height } = still;
  const header = npyHeader(width, height);
  const { output, detail, extremes, checksum, decodeMs, encodeMs } = await addon.normalise(still.pieces, {
    width,
    height,
    format,
    quality,
    headerBytes: header.length,
    each: channels === 'each',
    ...(range && { range: [...range.min, ...range.max] }),
  });
  const worked = performance.now();
  const waitMs = Math.max(0, worked - started - decodeMs - encodeMs);
  const times = { decodeMs: decodeMs + waitMs, computeMs: encodeMs };
  if (detail !== undefined) return { row: failedRow(key, 'DECODE_FAILED'), ...times, detail };
  if (output === undefined) return undefined;

  const [r = 0, g = 0, b = 0, toR = 0, toG = 0, toB = 0] = extremes;
  const own = { min: [r, g, b], max: [toR, toG, toB] } as const;
  const image = { key, width, height };
  if (format === 'jpeg') return { ...encodedFile(image, own, checksum, output), ...times };
  if (format === 'npy') output.set(header);
  const file = format === 'npy' ? output : await encodeRgbPng(output, width, height);
  const outcome = hashedFile(image, own, file);
  return { ...outcome, ...times, computeMs: encodeMs + performance.now() - worked };
}
