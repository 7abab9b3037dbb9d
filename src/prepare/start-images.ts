import type { DatasetObject } from '../contract/manifest.ts';
import type { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { shown } from '../invalid-input.ts';
import { EvenSample } from '../plan/even-sample.ts';
import { decodeImages, type Sized } from './decode-images.ts';
import { type ImageWords, OneSizePixels } from './one-size-pixels.ts';
import type { PrepareOptions } from './options.ts';

/** Images that first centres are chosen of, evenly spaced over the manifest. */
export const START_SAMPLE = 4096;

/** Images of one size, one after the other. */
export interface StartImages {
  readonly width: number;
  readonly height: number;
  readonly keys: readonly string[];
  readonly pixels: Buffer;
}

const WORDS: ImageWords = {
  images: 'images to start from',
  all: 'the images to start from',
  fewer: 'take fewer clusters, or smaller images',
  smaller: 'scale all images down, or take fewer clusters',
  notRead: 'START_NOT_READ',
};

/**
 * Of a sample of the manifest the images of the size that most have; of as many the size that came first.
 *
 * @param mostLength bytes of an image's pixels
 * @param notes told of those that are left out
 * @throws FanfleetError `INVALID_INPUT` where none can be decoded, or images are too large; as `runBatch` does
 */
export async function sampledImages(
  options: PrepareOptions,
  mostLength: number,
  notes: Pick<NoteLog, 'add'>,
): Promise<StartImages> {
  const sample = new EvenSample<DatasetObject>(START_SAMPLE);
  for await (const { objects } of options.manifest()) for (const object of objects) sample.add(object);
  const keep = ({ data }: { readonly data: Uint8Array }) => data.length <= mostLength;
  const { decoded, failed } = await decodeImages(sample.items, options, keep);
  for (const { key, error } of failed) notes.add('START_NOT_READ', `${key}: ${error.code}`);
  const bySize = Map.groupBy(decoded, ({ width, height }) => `${width} x ${height}`);
  const [most] = [...bySize.values()].sort((a, b) => b.length - a.length);
  const first = most?.[0];
  if (most === undefined || first === undefined) {
    const [one] = failed;
    throw unusable(
      `Expected images that can be decoded but none of ${failed.length} can, first ${one?.key}: ${one?.error.message}: correct the prefix, or replace them.`,
    );
  }
  const { width, height } = first;
  if (first.data === null) throw tooLarge(first, mostLength);
  for (const one of decoded) {
    if (one.width !== width || one.height !== height) notes.add('START_SIZE_DIFFERS', sizeText(one));
  }
  const pixels = Buffer.concat(most.map(({ data }) => data ?? new Uint8Array()));
  return { width, height, keys: most.map(({ key }) => key), pixels };
}

/**
 * The images with these keys, in this order.
 *
 * @param where the keys are from, for errors
 * @throws FanfleetError `INVALID_INPUT` where one is not in the manifest, cannot be decoded, or has another size than the others; as
 *   `runBatch` does
 */
export async function namedImages(
  keys: readonly string[],
  where: string,
  options: PrepareOptions,
  mostLength: number,
  notes: Pick<NoteLog, 'add'>,
): Promise<StartImages> {
  const wanted = new Set(keys);
  const objects: DatasetObject[] = [];
  for await (const batch of options.manifest()) {
    objects.push(...batch.objects.filter(({ key }) => wanted.has(key)));
  }
  const listed = new Set(objects.map(({ key }) => key));
  const foreign = keys.find((key) => !listed.has(key));
  if (foreign !== undefined) {
    throw unusable(
      `Expected keys of images of the run in ${where} but ${shown(foreign)} is none: correct it.`,
    );
  }
  const found = new OneSizePixels({ ...options, words: WORDS, mostLength }, notes);
  await found.add(objects);
  const { width, height, pixels } = found.finish();
  const length = width * height * 3;
  const places = new Map(found.keys.map((key, place) => [key, place]));
  const ordered = keys.map((key) => {
    const place = places.get(key);
    if (place === undefined)
      throw unusable(`Expected images that can be decoded in ${where} but ${key} cannot: name another one.`);
    return pixels.subarray(place * length, (place + 1) * length);
  });
  return { width, height, keys, pixels: Buffer.concat(ordered) };
}

function tooLarge(image: Sized, mostLength: number): FanfleetError {
  const most = Math.floor(mostLength / 3).toLocaleString('en-US');
  return unusable(
    `Expected images of at most ${most} pixels for as many clusters but ${image.key} is ${image.width} x ${image.height}: ${WORDS.smaller}.`,
  );
}

function sizeText({ key, width, height }: Sized): string {
  return `${key}: ${width} x ${height}`;
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
