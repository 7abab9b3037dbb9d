import { FanfleetError } from '../../errors.ts';
import type { InferenceBatch, Inferred } from './session.ts';

/** What a batch of tensors is like. */
export interface BatchShape {
  /** Of one tensor: channels, height and width, or height, width and channels. */
  readonly shape: readonly [number, number, number];
  readonly type: 'float32' | 'uint8';
  /** Whether the model takes the channels of the tensors as B, G and R. */
  readonly bgr: boolean;
  /** Most images that the model is given at once. */
  readonly images: number;
  /** Values that it has to give for each image. */
  readonly classes: number;
}

/** What a model gave for an image, and its part of the time that the batch took, in milliseconds. */
export interface Answered {
  readonly values: Float32Array;
  readonly ms: number;
}

type Waiting = {
  readonly tensor: Float32Array | Uint8Array;
  readonly resolve: (answered: Answered) => void;
  readonly reject: (reason: unknown) => void;
};

/**
 * Gives a model the tensors that have come whenever it is free for more, as many at a time as it may have: wherever they are from,
 * so that an image that failed leaves no gap.
 */
export class InferenceBatches {
  readonly #shape: BatchShape;
  readonly #run: (batch: InferenceBatch) => Promise<Inferred>;
  readonly #atOnce: number;
  readonly #length: number;
  readonly #buffers: ArrayBuffer[] = [];
  #waiting: Waiting[] = [];
  #running = 0;
  #pumping = false;

  /** @param atOnce most calls of `run` at once */
  constructor(shape: BatchShape, run: (batch: InferenceBatch) => Promise<Inferred>, atOnce: number) {
    this.#shape = shape;
    this.#run = run;
    this.#atOnce = atOnce;
    this.#length = shape.shape.reduce((product, side) => product * side, 1);
  }

  /**
   * @param tensor not changed, and not read any more once it is answered
   * @throws FanfleetError `INVALID_INPUT` where the model does not give a value for each class; what `run` throws
   */
  answer(tensor: Float32Array | Uint8Array): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tensor, resolve, reject });
      this.#pumpSoon();
    });
  }

  /** Once for all tensors that are given in a row. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      while (this.#running < this.#atOnce && this.#waiting.length > 0) {
        void this.#infer(this.#waiting.splice(0, this.#shape.images));
      }
    });
  }

  async #infer(taken: readonly Waiting[]): Promise<void> {
    this.#running += 1;
    try {
      const started = performance.now();
      const { values, dims, buffer } = await this.#run(this.#batchOf(taken));
      this.#buffers.push(buffer);
      const { classes } = this.#shape;
      if (dims.length !== 2 || dims[0] !== taken.length || dims[1] !== classes) {
        throw otherOutput([taken.length, classes], dims);
      }
      const ms = (performance.now() - started) / taken.length;
      for (const [at, { resolve }] of taken.entries()) {
        resolve({ values: values.subarray(at * classes, (at + 1) * classes), ms });
      }
    } catch (reason) {
      for (const { reject } of taken) reject(reason);
    }
    this.#running -= 1;
    this.#pumpSoon();
  }

  #batchOf(taken: readonly Waiting[]): InferenceBatch {
    const { shape, type, images, bgr } = this.#shape;
    const bytes = (type === 'float32' ? 4 : 1) * this.#length;
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(images * bytes);
    const values = taken.length * this.#length;
    const data = type === 'float32' ? new Float32Array(buffer, 0, values) : new Uint8Array(buffer, 0, values);
    const put = bgr ? putSwapped : putAsIs;
    for (const [at, { tensor }] of taken.entries()) put(data, tensor, at * this.#length, shape);
    return { data, dims: [taken.length, ...shape] };
  }
}

type Put = (
  data: Float32Array | Uint8Array,
  tensor: Float32Array | Uint8Array,
  at: number,
  shape: readonly [number, number, number],
) => void;

const putAsIs: Put = (data, tensor, at) => data.set(tensor, at);

/** With the first and the last of three channels in each other's place. */
const putSwapped: Put = (data, tensor, at, [first, second, third]) => {
  if (first === 3) {
    const plane = second * third;
    for (let channel = 0; channel < 3; channel += 1) {
      data.set(tensor.subarray((2 - channel) * plane, (3 - channel) * plane), at + channel * plane);
    }
    return;
  }
  for (let pixel = 0; pixel < tensor.length; pixel += 3) {
    data[at + pixel] = tensor[pixel + 2] ?? 0;
    data[at + pixel + 1] = tensor[pixel + 1] ?? 0;
    data[at + pixel + 2] = tensor[pixel] ?? 0;
  }
};

function otherOutput(expected: readonly number[], found: readonly number[]): FanfleetError {
  const message = `Expected [${expected.join(', ')}], images and classes, as the shape of what the model gives but found [${found.join(', ')}]: export it so, or correct its labels.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
