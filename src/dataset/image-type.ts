import { extname } from 'node:path';
import { imageFormatOf } from '../kernel/formats/signature.ts';

/** Suffixes that count as images, without regard to case, and the Content-Type of each. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.jpe': 'image/jpeg',
  '.jfif': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};
export const IMAGE_SUFFIXES: readonly string[] = Object.keys(CONTENT_TYPES);

/** How images are told from other objects: by suffix, by suffix or else content, or not at all. */
export const IMAGE_FILTERS = ['suffix', 'content', 'all'] as const;
export type ImageFilter = (typeof IMAGE_FILTERS)[number];

/** How many bytes from the start `sniffContentType` needs. */
export const SNIFF_BYTES = 16;

/** The suffix of a key or path in lower case with its dot, `''` where there is none. */
export function suffixOf(key: string): string {
  return extname(key).toLowerCase();
}

export function hasImageSuffix(key: string): boolean {
  return Object.hasOwn(CONTENT_TYPES, suffixOf(key));
}

/** Content-Type by suffix; `application/octet-stream` for a suffix that is no image's. */
export function contentTypeOf(key: string): string {
  return CONTENT_TYPES[suffixOf(key)] ?? 'application/octet-stream';
}

/** Content-Type by the first bytes of a file (`SNIFF_BYTES` are enough), `null` if it is no image that we read. */
export function sniffContentType(start: Uint8Array): string | null {
  const format = imageFormatOf(start);
  return format === undefined ? null : `image/${format}`;
}
