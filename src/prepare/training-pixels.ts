import type { DatasetObject } from '../contract/manifest.ts';
import { isFailed } from '../contract/row.ts';
import type { NoteLog } from '../dataset/notes.ts';
import { FanfleetError } from '../errors.ts';
import { MOST_LENGTH } from '../kernel/nearest.ts';
import { type RunBatchOptions, runBatch } from '../worker/run-batch.ts';
import { pixelsRunner } from './pixels-runner.ts';

/** Most bytes of the pixels of a training set: every worker holds it. */
export const TRAINING_BYTES = 512 * 1024 * 1024;

export type DecodeOptions = Omit<RunBatchOptions, 'batch' | 'runner' | 'inputs' | 'write'>;

interface Sized {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

/** The pixels of images that all have one size, in the order in which they were added. */
export class TrainingPixels {
  readonly #options: DecodeOptions;
  readonly #notes: Pick<NoteLog, 'add'>;
  readonly #mostBytes: number;
  readonly #parts: Buffer[] = [];
  readonly keys: string[] = [];
  #size: Sized | undefined;
  #bytes = 0;
  #firstFailed = '';

  /** @param notes told of images that cannot be read or decoded */
  constructor(options: DecodeOptions, notes: Pick<NoteLog, 'add'>, mostBytes = TRAINING_BYTES) {
    this.#options = options;
    this.#notes = notes;
    this.#mostBytes = mostBytes;
  }

  /**
   * Read and decode images, and add those that can be.
   *
   * @throws FanfleetError `INVALID_INPUT` where one has another size than those before, too many pixels to be compared, or
   *   there are too many bytes; as `runBatch` does
   */
  async add(objects: readonly DatasetObject[]): Promise<void> {
    if (objects.length === 0) return;
    const found = new Map<string, Uint8Array>();
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    const runner = pixelsRunner((key, { data, width, height }) => {
      // Before they are too many bytes: fewer of such images would not do either.
      if (data.length > MOST_LENGTH) throw tooManyPixels({ key, width, height });
      this.#bytes += data.length;
      if (this.#bytes > this.#mostBytes) throw this.#tooLarge();
      found.set(key, data);
    });
    const { rows } = await runBatch({
      ...this.#options,
      batch: { batch: 0, bytes, objects: [...objects] },
      runner,
    });
    const parts: Uint8Array[] = [];
    for (const row of rows) {
      if (isFailed(row)) {
        this.#leaveOut(row.key, row.error.code, row.error.message);
        continue;
      }
      this.#expectSize(row);
      this.keys.push(row.key);
      parts.push(found.get(row.key) ?? new Uint8Array());
    }
    this.#parts.push(Buffer.concat(parts));
  }

  /**
   * All of them.
   *
   * @throws FanfleetError `INVALID_INPUT` where none could be decoded
   */
  finish(): { readonly width: number; readonly height: number; readonly pixels: Buffer } {
    if (this.#size === undefined) {
      throw unusable(
        `Expected images to learn from that can be decoded but none can, first ${this.#firstFailed}: correct the prefix, or replace them.`,
      );
    }
    const { width, height } = this.#size;
    return { width, height, pixels: Buffer.concat(this.#parts.splice(0)) };
  }

  #leaveOut(key: string, code: string, message: string): void {
    this.#firstFailed ||= `${key}: ${message}`;
    this.#notes.add('TRAINING_NOT_READ', `${key}: ${code}`);
  }

  #expectSize({ key, width, height }: Sized): void {
    this.#size ??= { key, width, height };
    const first = this.#size;
    if (first.width === width && first.height === height) return;
    throw unusable(
      `Expected all images to learn from to be of one size, ${first.width} x ${first.height} as ${first.key} is, but ${key} is ${width} x ${height}: scale them to one size.`,
    );
  }

  #tooLarge(): FanfleetError {
    const most = Math.floor(this.#mostBytes / (1024 * 1024));
    return unusable(
      `Expected the pixels of the training set to take at most ${most} MiB (3 bytes each) but there are more: learn from fewer or smaller images.`,
    );
  }
}

function tooManyPixels({ key, width, height }: Sized): FanfleetError {
  const most = (MOST_LENGTH / 3).toLocaleString('en-US');
  return unusable(
    `Expected images to learn from of at most ${most} pixels but ${key} is ${width} x ${height}: scale all images down, e.g. to 128 x 128.`,
  );
}

function unusable(message: string): FanfleetError {
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
