import { exactJson } from '../exact-json.ts';
import type { Statistic } from './operation.ts';

/** Why an image could not be measured. The codes and messages are the same in every engine, to the byte. */
export const IMAGE_ERRORS = {
  EMPTY_OBJECT: 'the object has 0 bytes',
  NOT_AN_IMAGE: 'the content is not JPEG, PNG, GIF, WebP or TIFF',
  DECODE_FAILED: 'the image is truncated or damaged',
  TOO_MANY_PIXELS:
    'no damage was found, but the image has more than 134217728 pixels: scale it down or cut it up',
  UNSUPPORTED_COLOUR:
    'no damage was found, but the colours are not grey, RGB or palette of 1 to 16 bits: convert it, e.g. to 8-bit RGB PNG',
  UNSUPPORTED_VARIANT:
    'no damage was found, but this variant of the format is not supported: convert it, e.g. to 8-bit RGB PNG',
  OBJECT_MISSING: 'the object was deleted after the manifest was planned',
  KEY_NOT_FOUND: 'the key was named, but there is no such object: correct the key, or put the image there',
  OBJECT_CHANGED: 'the object was changed after the manifest was planned',
  NAME_NOT_UTF8: 'the name of the file is not UTF-8, so it cannot be a key: rename the file',
  SHARD_DAMAGED: 'the tar is damaged or cut off, and no file behind the damage was read: write it again',
  SHARD_COMPRESSED:
    'the tar is compressed, and no file in it was read: unpack it to a tar without compression',
  SHARD_MEMBER_SPARSE:
    'the file is stored sparse in its tar: write the tar without --sparse, with bsdtar by --no-read-sparse',
  SHARD_LINK_BROKEN:
    'the hard link leads to no file before it in its tar: write the tar with --hard-dereference',
  OBJECT_ARCHIVED: 'the object is archived: restore it, or leave it out',
  OBJECT_DENIED:
    'reading the object was denied: allow s3:GetObject on it, and kms:Decrypt with the key of its encryption',
  OBJECT_ENCRYPTED:
    'the object is encrypted with a key that its owner keeps (SSE-C): copy it with SSE-S3 or SSE-KMS',
  OBJECT_KEY_UNUSABLE:
    'the KMS key of the object is disabled, deleted or not usable: enable it, or leave it out',
  OBJECT_UNREADABLE:
    'S3 gave no sound answer for the object however often it was asked: upload it again, or leave it out',
  TOO_MUCH_MEMORY:
    'the image takes more memory than there is for one: give functions more memory, the fleet a larger instance type, or take a larger machine',
  OUTPUT_KEY_TOO_LONG:
    'the key has more than 900 bytes, which leaves too little for that of the normalised image',
  OUTPUT_TOO_LARGE: 'a side of the image is longer than 65500 pixels, the most of a JPEG: write PNG or npy',
  SIZE_DIFFERS: 'the image has another width or height than those it is compared with: scale it to theirs',
  SCORES_NOT_FINITE: 'the model gave scores for the image that are no finite numbers: check the model',
} as const;
export type ImageErrorCode = keyof typeof IMAGE_ERRORS;
export const IMAGE_ERROR_CODES = Object.keys(IMAGE_ERRORS) as [ImageErrorCode, ...ImageErrorCode[]];
/** What is wrong with images of this code, and what to do; the code itself where it is of another version. */
export function meaningOf(code: string): string {
  return (IMAGE_ERRORS as Readonly<Record<string, string>>)[code] ?? code;
}

/** Those of an object that gave no bytes, whatever is in it. */
export type ObjectErrorCode = Extract<ImageErrorCode, `OBJECT_${string}`>;

export function isObjectError(code: string): code is ObjectErrorCode {
  return code.startsWith('OBJECT_') && Object.hasOwn(IMAGE_ERRORS, code);
}

/** Those that go away once somebody is given a right, or the object is restored or encrypted in another way. */
const ACCESS_REFUSALS: ReadonlySet<string> = new Set<ObjectErrorCode>([
  'OBJECT_ARCHIVED',
  'OBJECT_DENIED',
  'OBJECT_ENCRYPTED',
  'OBJECT_KEY_UNUSABLE',
]);

/** Whether an image has this code since S3 refuses its object, and not since there is something about the image. */
export function isAccessRefusal(code: string): boolean {
  return ACCESS_REFUSALS.has(code);
}

/** The most pixels an image may have: 2^27, i.e. 384 MiB of RGB. */
export const MAX_PIXELS = 134_217_728;

/** Integers per channel, in the order R, G, B. */
export type PerChannel = readonly [number, number, number];

/** The statistics of one image: exact integers, of RGB after the format policy (docs/formats.md). */
export type MeasuredRow = {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  /** Bits of the values that the figures are of, where these are not 8. */
  readonly depth?: 16;
} & { readonly [S in Exclude<Statistic, 'sumSq'>]?: PerChannel } & {
  /** Of 16 bits it may pass 2^53. */
  readonly sumSq?: PerChannel | readonly [bigint, bigint, bigint];
  /** Of a normalised image: its file, or its pixels where encoders of the file may differ. */
  readonly output?: { readonly sha256: string } | { readonly pixels_crc32: number };
  /** Of `knn` and `classify` what the image was taken for; of `kmeans` the number of its cluster. */
  readonly label?: string;
  /** Of `knn`: the nearest of the training set, each its index there and its distance. */
  readonly neighbours?: readonly (readonly [index: number, distance: number])[];
  /** Of `classify`: the best classes, each its index in the model's output and millionths of its probability. */
  readonly scores?: readonly (readonly [index: number, millionths: number])[];
  /** Of `classify`: the first 16 hex digits of the SHA-256 of the model's output, float32 values with the low byte first. */
  readonly logits?: string;
  /** Of `embed`: likewise of the embedding. */
  readonly embedding?: string;
};

export type FailedRow = {
  readonly key: string;
  readonly error: { readonly code: ImageErrorCode; readonly message: string };
};

/** One line of a result file. */
export type Row = MeasuredRow | FailedRow;

export function isFailed(row: Row): row is FailedRow {
  return 'error' in row;
}

export function failedRow(key: string, code: ImageErrorCode): FailedRow {
  return { key, error: { code, message: IMAGE_ERRORS[code] } };
}

/**
 * The one text form of a row: compact JSON, fields in the order of the type, UTF-8 not escaped, no line end.
 * Python's `json.dumps(row, ensure_ascii=False, separators=(",", ":"))` gives the same bytes.
 */
export function serializeRow(row: Row): string {
  return isDeep(row) ? exactJson(row) : JSON.stringify(row);
}

/** Whether the figures of a row are of 16 bits. */
export function isDeep(row: object): boolean {
  return 'depth' in row;
}
