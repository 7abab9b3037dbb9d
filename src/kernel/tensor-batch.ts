import type { TensorRecipe } from '../contract/tensor.ts';
import type { Tensor, Tensored } from './kernel.ts';
import { fixedSize } from './tensor-plan.ts';

/**
 * The array of a batch, into which jobs write tensors at the same time: each has a place for every image of it, and the gaps
 * of those that failed are closed in the end.
 */
export class TensorBatch {
  readonly #into: Tensor['data'];
  readonly #bytes: Uint8Array;
  /** Bytes of a tensor. */
  readonly #length: number;
  /** Images whose places are taken. */
  #taken = 0;

  /**
   * @param into with room for the tensors of so many images
   * @throws RangeError if it has less room or another type, or tensors have no size in common
   */
  constructor(into: Tensor['data'], recipe: TensorRecipe, images: number) {
    const size = fixedSize(recipe);
    if (size === undefined)
      throw new RangeError(
        'Expected a recipe with `crop`, by which all tensors have one size, but got none.',
      );
    const values = 3 * size.width * size.height;
    const type = into instanceof Float32Array ? 'float32' : 'uint8';
    if (type !== recipe.type || into.length < images * values) {
      const got = `${into.length} of ${type}`;
      throw new RangeError(`Expected room for ${images * values} values of ${recipe.type} but got ${got}.`);
    }
    this.#into = into;
    this.#bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    this.#length = values * into.BYTES_PER_ELEMENT;
  }

  /** The place of the next so many images. */
  take(images: number): Uint8Array {
    const first = this.#taken;
    this.#taken += images;
    return this.#bytes.subarray(first * this.#length, this.#taken * this.#length);
  }

  /** The same, with each tensor in its place: none is before that. Those that an addon has in memory of its own are copied. */
  closed(made: readonly Tensored[]): Tensored[] {
    const values = this.#length / this.#into.BYTES_PER_ELEMENT;
    let next = 0;
    return made.map((each) => {
      if (each.tensor === undefined) return each;
      const { data, shape } = each.tensor;
      const place = this.#into.subarray(next, next + values);
      next += values;
      const isThere = data.buffer === place.buffer && data.byteOffset === place.byteOffset;
      if (!isThere) place.set(data);
      return { ...each, tensor: { shape, data: place } };
    });
  }
}
