export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff';

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Leading bytes of each format, as in its specification; `null` stands for any byte. */
const SIGNATURES: readonly (readonly [format: ImageFormat, bytes: readonly (number | null)[]])[] = [
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['png', [...PNG_SIGNATURE]],
  ['gif', [0x47, 0x49, 0x46, 0x38, 0x37, 0x61]],
  ['gif', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
  ['webp', [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
  ['tiff', [0x49, 0x49, 0x2a, 0x00]],
  ['tiff', [0x4d, 0x4d, 0x00, 0x2a]],
  ['tiff', [0x49, 0x49, 0x2b, 0x00]],
  ['tiff', [0x4d, 0x4d, 0x00, 0x2b]],
];

/** The format of a file by its first bytes (12 are enough), whatever it is called; nothing if it is no image that we read. */
export function imageFormatOf(start: Uint8Array): ImageFormat | undefined {
  return SIGNATURES.find(([, bytes]) => bytes.every((byte, at) => byte === null || byte === start[at]))?.[0];
}
