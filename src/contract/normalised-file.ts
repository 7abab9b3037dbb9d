import type { NormalisedFormat } from './normalisation.ts';

/**
 * The longest key of an image whose normalised copy gets a key of its own that S3 takes: 1,024 bytes less those of
 * `runs/<at most 80>/serverless/round-<at most 49>/normalised/` and the suffix, rounded down. It depends on neither run,
 * arm nor round, so that all refuse the same images.
 */
export const MAX_KEY_BYTES = 900;

export function isKeyTooLong(key: string): boolean {
  return Buffer.byteLength(key) > MAX_KEY_BYTES;
}

/** What is put behind the key of an image; always, so that `a.jpg` and `a.png` stay two. */
export const FILE_SUFFIXES: Readonly<Record<NormalisedFormat, string>> = {
  png: '.png',
  jpeg: '.jpg',
  npy: '.npy',
};

export const CONTENT_TYPES: Readonly<Record<NormalisedFormat, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  npy: 'application/octet-stream',
};
