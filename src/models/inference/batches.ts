import { ByteBudget } from '../../concurrency/byte-budget.ts';
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

/** What a model gave for an image, and its part of the time that the model took, in milliseconds. */
export interface Answered {
  readonly values: Float32Array;
  readonly ms: number;
}

/** Room for the tensors of a batch, one after the other. */
export type BatchRoom = InferenceBatch['data'];

/**
 * Gives a model batches of tensors, some at once and the others in the order in which they come. A batch is made in the memory in
 * which the model gets it, and that is used again: to copy tensors, and to have new memory for each batch, took as long as to make them.
 */
export class InferenceBatches {
  readonly #shape: BatchShape;
  readonly #run: (batch: InferenceBatch) => Promise<Inferred>;
  readonly #calls: ByteBudget;
  readonly #length: number;
  readonly #buffers: ArrayBuffer[] = [];

  /** @param atOnce most calls of `run` at once */
  constructor(shape: BatchShape, run: (batch: InferenceBatch) => Promise<Inferred>, atOnce: number) {
    this.#shape = shape;
    this.#run = run;
    this.#calls = new ByteBudget(atOnce);
    this.#length = shape.shape.reduce((product, side) => product * side, 1);
  }

  /** Room for so many tensors as a batch may have. */
  room(): BatchRoom {
    const { type, images } = this.#shape;
    const values = images * this.#length;
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(values * (type === 'float32' ? 4 : 1));
    return type === 'float32' ? new Float32Array(buffer) : new Uint8Array(buffer);
  }

  /**
   * Ask the model about the first tensors in a room, which it has from then on.
   *
   * @returns what it gave for each
   * @throws FanfleetError `INVALID_INPUT` where the model does not give a value for each class; what `run` throws
   */
  async answer(room: BatchRoom, images: number): Promise<readonly Answered[]> {
    const { buffer } = room;
    if (images === 0) {
      this.#buffers.push(buffer);
      return [];
    }
    const { shape, type, bgr, classes } = this.#shape;
    const length = images * this.#length;
    const data = type === 'float32' ? new Float32Array(buffer, 0, length) : new Uint8Array(buffer, 0, length);
    if (bgr) swapChannels(data, shape);
    const batch = { data, dims: [images, ...shape] };
    const { values, dims, ms, buffer: used } = await this.#calls.with(1, () => this.#run(batch));
    this.#buffers.push(used);
    if (dims.length !== 2 || dims[0] !== images || dims[1] !== classes) {
      throw otherOutput([images, classes], dims);
    }
    return Array.from({ length: images }, (_, at) => ({
      values: values.subarray(at * classes, (at + 1) * classes),
      ms: ms / images,
    }));
  }
}

/** Put the first of three channels in the place of the last one, and that in its, in tensors one after the other. */
function swapChannels(data: BatchRoom, [first, second, third]: BatchShape['shape']): void {
  if (first !== 3) {
    for (let pixel = 0; pixel < data.length; pixel += 3) {
      const value = data[pixel] ?? 0;
      data[pixel] = data[pixel + 2] ?? 0;
      data[pixel + 2] = value;
    }
    return;
  }
  const plane = second * third;
  for (let tensor = 0; tensor < data.length; tensor += 3 * plane) {
    const values = data.slice(tensor, tensor + plane);
    data.copyWithin(tensor, tensor + 2 * plane, tensor + 3 * plane);
    data.set(values, tensor + 2 * plane);
  }
}

function otherOutput(expected: readonly number[], found: readonly number[]): FanfleetError {
  const message = `Expected [${expected.join(', ')}], images and classes, as the shape of what the model gives but found [${found.join(', ')}]: export it so, or correct its labels.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
