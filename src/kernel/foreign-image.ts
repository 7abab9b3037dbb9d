import type { Depth } from '../contract/depth.ts';
import type { Normalisation } from '../contract/normalisation.ts';
import type { Operation } from '../contract/operation.ts';
import type { FailedRow } from '../contract/row.ts';
import type { TensorRecipe } from '../contract/tensor.ts';
import type { ApproximateRow } from './approximate.ts';
import type { Still } from './formats/still.ts';
import type { HistogramRow } from './histogram.ts';
import { imageBytes, sharpBytes } from './image-memory.ts';
import type { Decoded, Measured, Normalised, Prepared, Product } from './kernel.ts';
import { prepareBySharp } from './native-job.ts';
import { HISTOGRAM_WANTED } from './native-wanted.ts';
import { exactMeans, outputBytes } from './prepared.ts';
import { tensorBytes } from './tensor-plan.ts';

/** An image that the native kernel leaves to the sharp kernel, which is loaded when it is needed first. */
export class ForeignImage implements Prepared {
  readonly workingBytes: number;
  readonly pixelsBytes: number;
  readonly key: string;
  readonly still: Still;
  readonly #inputBytes: number;
  readonly #bySharp: () => Promise<Prepared>;

  constructor(input: Buffer, key: string, still: Still, depth?: Depth) {
    this.key = key;
    this.still = still;
    this.workingBytes = sharpBytes(still, depth === 'native');
    this.pixelsBytes = sharpBytes(still) + 3 * still.width * still.height;
    this.#inputBytes = input.length;
    this.#bySharp = () => prepareBySharp(input, key, depth);
  }

  mostBytes(product?: Product): number {
    return imageBytes(this.still, this.#inputBytes, product);
  }

  async measure(operation: Operation): Promise<Measured> {
    return (await this.#bySharp()).measure(operation);
  }

  normalisingBytes({ format }: Normalisation): number {
    const { width, height } = this.still;
    return sharpBytes(this.still, true) + outputBytes(this.still, format) + 3 * width * height;
  }

  async normalise(normalisation: Normalisation): Promise<Normalised> {
    return (await this.#bySharp()).normalise(normalisation);
  }

  async histogram(): Promise<Measured<HistogramRow | FailedRow>> {
    return HISTOGRAM_WANTED.otherwise(await this.#bySharp());
  }

  async approximate(): Promise<Measured<ApproximateRow | FailedRow>> {
    return exactMeans(await this.#bySharp());
  }

  tensorBytes(recipe: TensorRecipe): number {
    return sharpBytes(this.still) + tensorBytes(recipe, this.still);
  }

  async pixels(): Promise<Decoded> {
    return (await this.#bySharp()).pixels();
  }
}
