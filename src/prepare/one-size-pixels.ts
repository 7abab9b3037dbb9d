import type { DatasetObject } from '../contract/manifest.ts';
import type { NoteCode, NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { type DecodeOptions, decodeImages, type Sized } from './decode-images.ts';

/** Most bytes of the pixels: every worker holds them. */
const MOST_BYTES = 512 * 1024 * 1024;

/** What the images are, in the errors of one who has to put them right. */
export interface ImageWords {
  /** E.g. `images to learn from`. */
  readonly images: string;
  /** All of them, e.g. `the training set`. */
  readonly all: string;
  /** What to do where there are too many, e.g. `learn from fewer or smaller images`; and where one has too many pixels. */
  readonly fewer: string;
  readonly smaller: string;
  /** The note of one that cannot be read or decoded. */
  readonly notRead: NoteCode;
}

export interface OneSizeOptions extends DecodeOptions {
  readonly words: ImageWords;
  /** Most bytes of an image's pixels. */
  readonly mostLength: number;
  /** Most bytes of all of them. @default 512 MiB */
  readonly mostBytes?: number;
}

/** The pixels of images that all have one size, in the order in which they were added. */
export class OneSizePixels {
  readonly #options: OneSizeOptions;
  readonly #notes: Pick<NoteLog, 'add'>;
  readonly #mostBytes: number;
  readonly #parts: Buffer[] = [];
  readonly keys: string[] = [];
  #size: Sized | undefined;
  #bytes = 0;
  #firstFailed = '';

  /** @param notes told of images that cannot be read or decoded */
  constructor(options: OneSizeOptions, notes: Pick<NoteLog, 'add'>) {
    this.#options = options;
    this.#notes = notes;
    this.#mostBytes = options.mostBytes ?? MOST_BYTES;
  }

  /**
   * Read and decode images, and add those that can be.
   *
   * @throws FanfleetError `INVALID_INPUT` where one has another size than those before, too many pixels to be compared, or
   *   there are too many bytes; as `runBatch` does
   */
  async add(objects: readonly DatasetObject[]): Promise<void> {
    if (objects.length === 0) return;
    const { decoded, failed } = await decodeImages(objects, this.#options, ({ data, ...image }) => {
      // Before they are too many bytes: fewer of such images would not do either.
      if (data.length > this.#options.mostLength) throw this.#tooManyPixels(image);
      this.#bytes += data.length;
      if (this.#bytes > this.#mostBytes) throw this.#tooLarge();
      return true;
    });
    for (const { key, error } of failed) {
      this.#firstFailed ||= `${key}: ${error.message}`;
      this.#notes.add(this.#options.words.notRead, `${key}: ${error.code}`);
    }
    for (const image of decoded) {
      this.#expectSize(image);
      this.keys.push(image.key);
    }
    this.#parts.push(Buffer.concat(decoded.map(({ data }) => data ?? new Uint8Array())));
  }

  /**
   * All of them.
   *
   * @throws FanfleetError `INVALID_INPUT` where none could be decoded
   */
  finish(): { readonly width: number; readonly height: number; readonly pixels: Buffer } {
    if (this.#size === undefined) {
      throw unusable(
        `Expected ${this.#options.words.images} that can be decoded but none can, first ${this.#firstFailed}: correct the prefix, or replace them.`,
      );
    }
    const { width, height } = this.#size;
    return { width, height, pixels: Buffer.concat(this.#parts.splice(0)) };
  }

  #expectSize({ key, width, height }: Sized): void {
    this.#size ??= { key, width, height };
    const first = this.#size;
    if (first.width === width && first.height === height) return;
    throw unusable(
      `Expected all ${this.#options.words.images} to be of one size, ${first.width} x ${first.height} as ${first.key} is, but ${key} is ${width} x ${height}: scale them to one size.`,
    );
  }

  #tooLarge(): FanfleetError {
    const { all, fewer } = this.#options.words;
    const most = Math.floor(this.#mostBytes / (1024 * 1024));
    return unusable(
      `Expected the pixels of ${all} to take at most ${most} MiB (3 bytes each) but there are more: ${fewer}.`,
    );
  }

  #tooManyPixels({ key, width, height }: Sized): FanfleetError {
    const most = Math.floor(this.#options.mostLength / 3).toLocaleString('en-US');
    return unusable(
      `Expected ${this.#options.words.images} of at most ${most} pixels but ${key} is ${width} x ${height}: ${this.#options.words.smaller}.`,
    );
  }
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
