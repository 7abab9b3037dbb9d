import type { Still } from './formats/still.ts';
import { compositeOverBlack, type Pixels } from './scan.ts';

/**
 * The pixels of an image in RGB over black.
 *
 * @param decoded its frame, overwritten where it has alpha; what lies around it is black
 * @returns width x height x 3 bytes, in memory that has no others
 */
export function rgbOf(
  { width, height, frameWidth, frameHeight, frameLeft, frameTop }: Still,
  decoded: Pixels,
): Uint8Array {
  if (decoded.channels === 3 && frameWidth === width && frameHeight === height) return decoded.data;
  const { data, channels } = compositeOverBlack(decoded);
  const rgb = new Uint8Array(3 * width * height);
  const bytes = channels * frameWidth;
  for (let y = 0; y < frameHeight; y += 1) {
    const line = data.subarray(y * bytes, (y + 1) * bytes);
    const at = 3 * ((frameTop + y) * width + frameLeft);
    if (channels === 3) rgb.set(line, at);
    else spreadGrey(line, rgb.subarray(at, at + 3 * frameWidth));
  }
  return rgb;
}

function spreadGrey(grey: Uint8Array, rgb: Uint8Array): void {
  let at = 0;
  for (const value of grey) {
    rgb[at] = value;
    rgb[at + 1] = value;
    rgb[at + 2] = value;
    at += 3;
  }
}
