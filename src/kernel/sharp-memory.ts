import type { Still } from './formats/still.ts';

/** Bytes that sharp takes for an image: the most per pixel over all formats, at 4000 x 3000 (libvips 8.18). */
export function sharpBytes({ frameWidth, frameHeight, grey, streamed }: Still): number {
  const bytesPerPixel = streamed ? (grey ? 2 : 5) : 13;
  return frameWidth * frameHeight * bytesPerPixel;
}
