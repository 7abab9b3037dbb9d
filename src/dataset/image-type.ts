import { extname } from 'node:path';

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

/** Leading bytes of each format, as in its specification; `null` stands for any byte. */
const SIGNATURES: readonly (readonly [type: string, bytes: readonly (number | null)[]])[] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x37, 0x61]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
  ['image/tiff', [0x49, 0x49, 0x2a, 0x00]],
  ['image/tiff', [0x4d, 0x4d, 0x00, 0x2a]],
  ['image/tiff', [0x49, 0x49, 0x2b, 0x00]],
  ['image/tiff', [0x4d, 0x4d, 0x00, 0x2b]],
];

/** Content-Type by the first bytes of a file (`SNIFF_BYTES` are enough), `null` if it is no image that we read. */
export function sniffContentType(start: Uint8Array): string | null {
  for (const [type, bytes] of SIGNATURES) {
    if (bytes.every((byte, i) => byte === null || byte === start[i])) return type;
  }
  return null;
}
