import type { Still } from './formats/still.ts';

/**
 * Bytes that sharp takes for an image: the most per pixel over all formats, at 4000 x 3000 (libvips 8.18).
 *
 * @param deep whether it is to give 16 bits a sample, where there are so many
 */
export function sharpBytes(
  { frameWidth, frameHeight, grey, streamed, deep: colours }: Still,
  deep = false,
): number {
  const bytesPerPixel = streamed ? (grey ? 2 : 5) : 13;
  return frameWidth * frameHeight * bytesPerPixel * (deep && colours !== undefined ? 2 : 1);
}
