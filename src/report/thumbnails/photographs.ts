import type { Kernel, RgbPixels } from '../../kernel/kernel.ts';
import { onceDone } from '../../kernel/once-done.ts';
import type { ImageReaders, PageImages } from './page-images.ts';
import { readStart } from './read-start.ts';
import { fileAsThumbnail, smallPng } from './thumbnail.ts';

/** Photographs are shown in a square of so many pixels of the page. */
const SIDE = 96;

/** Files up to this size are shown as they are. */
const SMALL_BYTES = 4_000;
/** Of larger files, and of images that take more memory to decode, nothing is shown. */
const MOST_FILE_BYTES = 32 * 2 ** 20;
const MOST_IMAGE_BYTES = 512 * 2 ** 20;

/** Written anew as it is, but for what JPEG leaves out. */
const JPEG = {
  format: 'jpeg',
  channels: 'each',
  range: { min: [0, 0, 0], max: [255, 255, 255] },
  quality: 85,
} as const;

/** Loaded where there is something to be made smaller. */
const kernel = onceDone(async () => (await import('../../kernel/choose-kernel.ts')).chooseKernel());

/**
 * Images of any size as data URIs by their keys, one after the other: some 4 kB each. One that cannot be read or decoded
 * is left out. Never rejects.
 */
export async function photographs(
  keys: Iterable<string>,
  images: ImageReaders['images'],
): Promise<PageImages> {
  const shown = new Map<string, string>();
  let longest = 0;
  for (const key of new Set(keys)) {
    const found = await photograph(key, images).catch(() => null);
    if (found === null) continue;
    shown.set(key, found.uri);
    longest = Math.max(longest, found.longest);
  }
  const isEnlarged = longest > 0 && 2 * longest <= SIDE;
  return { size: { width: SIDE, height: SIDE, isEnlarged }, shown, note: null };
}

interface Photograph {
  readonly uri: string;
  /** Its longest side as it is, in pixels. */
  readonly longest: number;
}

async function photograph(key: string, images: ImageReaders['images']): Promise<Photograph | null> {
  const file = await readStart(images, key, MOST_FILE_BYTES);
  if (file.length > MOST_FILE_BYTES) return null;
  const { prepare } = await kernel();
  const image = prepare(file, key);
  if (image.pixelsBytes > MOST_IMAGE_BYTES) return null;
  const { pixels } = await image.pixels();
  if (pixels === undefined) return null;
  const asItIs = file.length <= SMALL_BYTES ? fileAsThumbnail(file) : null;
  const uri = asItIs ?? (await madeSmall(pixels, prepare));
  return uri === null ? null : { uri, longest: Math.max(pixels.width, pixels.height) };
}

async function madeSmall(pixels: RgbPixels, prepare: Kernel['prepare']): Promise<string | null> {
  const small = await smallPng(pixels.data, pixels, SIDE);
  const { file: jpeg } = await prepare(small, 'small.png').normalise(JPEG);
  return jpeg === undefined ? null : fileAsThumbnail(jpeg);
}
