import { performance } from 'node:perf_hooks';
import { failedRow } from '../contract/row.ts';
import { NUMBERS_OF_PIXELS, STATES } from './addon-numbers.ts';
import type { Decoded } from './kernel.ts';
import type { NativeAddon } from './native-addon.ts';
import { jobInput, type NativeSource, prepareBySharp } from './native-job.ts';

/** The pixels of images by one job of the addon, in the order of the images; those that it leaves to sharp by sharp. */
export async function decodeNatively(
  addon: NativeAddon,
  images: readonly NativeSource[],
): Promise<Decoded[]> {
  const started = performance.now();
  const { pieces, sizes } = jobInput(images);
  const { pixels, numbers, details } = await addon.pixels(pieces, sizes);
  let workMs = 0;
  for (let at = 1; at < numbers.length; at += NUMBERS_OF_PIXELS) workMs += numbers[at] ?? 0;
  const waitMs = Math.max(0, performance.now() - started - workMs) / images.length;
  const decoded: Decoded[] = [];
  let damaged = 0;
  let end = 0;
  for (const [at, { input, key, still }] of images.entries()) {
    const { width, height } = still;
    const begin = end;
    end += 3 * width * height;
    const [state, decodeMs = 0] = numbers.subarray(NUMBERS_OF_PIXELS * at);
    const times = { decodeMs: decodeMs + waitMs };
    if (state === STATES.measured) {
      decoded.push({ pixels: { width, height, data: pixels.subarray(begin, end) }, ...times });
    } else if (state === STATES.damaged) {
      const detail = details[damaged++] ?? '';
      decoded.push({ failed: failedRow(key, 'DECODE_FAILED'), ...times, detail });
    } else {
      decoded.push(await (await prepareBySharp(input, key)).pixels());
    }
  }
  return decoded;
}
