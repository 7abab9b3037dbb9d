import type { Normalised, Prepared } from '../kernel/kernel.ts';

export type QueuedImage = {
  readonly prepared: Prepared;
  readonly inputBytes: number;
  /** What decoding it takes beside the input, its output included. */
  readonly workingBytes: number;
};

export type DecodeQueueOptions = {
  /** Do images together, in their order. */
  readonly decode: (images: readonly Prepared[]) => Promise<readonly Normalised[]>;
  /** Whether `decode` is quicker with many small images at a time than with one. */
  readonly grouped: boolean;
  /** Images of a group, whatever their size. @default many small ones, or a single other one */
  readonly groupImages?: number;
  /** Most calls of `decode` at once. */
  readonly decodes: number;
  /** Most working bytes at once, unless one image alone needs more. */
  readonly workingBytes: number;
};

type Waiting = QueuedImage & {
  readonly resolve: (result: Normalised) => void;
  readonly reject: (reason: unknown) => void;
};

/** A group is, unless its images are counted, many small ones or a single other one: about what one job of the native kernel takes. */
const GROUP_INPUT_BYTES = 64 * 1024;
const GROUP_IMAGES = 256;

/**
 * Decodes images as they come, first come, first served, within bounds on calls and memory. Whatever has come when a
 * call may start goes into it together, up to the size of a group.
 */
export class DecodeQueue {
  readonly #options: DecodeQueueOptions;
  #waiting: Waiting[] = [];
  #running = 0;
  #heldBytes = 0;
  #pumping = false;

  constructor(options: DecodeQueueOptions) {
    this.#options = options;
  }

  /**
   * Decode an image. Its output, if it has one, counts as memory until `use` has done with it.
   *
   * @throws what `decode` or `use` throws
   */
  async add<T>(image: QueuedImage, use: (result: Normalised) => Promise<T> | T): Promise<T> {
    const result = await new Promise<Normalised>((resolve, reject) => {
      this.#waiting.push({ ...image, resolve, reject });
      this.#pumpSoon();
    });
    try {
      return await use(result);
    } finally {
      this.#release(outputBytes(result));
    }
  }

  /** Once for all images that are added in a row. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#running < this.#options.decodes) {
      const group = this.#takeGroup();
      if (group.length === 0) return;
      void this.#decode(group);
    }
  }

  #takeGroup(): Waiting[] {
    const { grouped, groupImages, workingBytes: most } = this.#options;
    const [mostImages, mostInput] =
      groupImages === undefined ? [GROUP_IMAGES, GROUP_INPUT_BYTES] : [groupImages, Number.POSITIVE_INFINITY];
    let count = 0;
    let input = 0;
    for (const next of this.#waiting) {
      const fits = this.#heldBytes === 0 || this.#heldBytes + next.workingBytes <= most;
      const belongs = grouped && count < mostImages && input + next.inputBytes <= mostInput;
      if (!fits || (count > 0 && !belongs)) break;
      count += 1;
      input += next.inputBytes;
      this.#heldBytes += next.workingBytes;
    }
    return this.#waiting.splice(0, count);
  }

  async #decode(group: readonly Waiting[]): Promise<void> {
    this.#running += 1;
    const held = group.reduce((sum, { workingBytes }) => sum + workingBytes, 0);
    let kept = 0;
    try {
      const results = await this.#options.decode(group.map(({ prepared }) => prepared));
      for (const [index, { resolve }] of group.entries()) {
        const result = results[index];
        if (result === undefined) throw new RangeError('the kernel gave nothing for an image');
        kept += outputBytes(result);
        resolve(result);
      }
    } catch (reason) {
      for (const { reject } of group) reject(reason);
    }
    this.#running -= 1;
    this.#release(held - kept);
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#pumpSoon();
  }
}

function outputBytes({ file }: Normalised): number {
  return file?.length ?? 0;
}
