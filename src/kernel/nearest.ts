import type { KernelChoice } from '../contract/kernel-choice.ts';
import { FanfleetError } from '../errors.ts';
import { chooseAddon } from './choose-addon.ts';
import { ADDON_PATH, type Neighbours } from './native-addon.ts';

/** Longer vectors may have distances of more than 32 bits: 66,051 * 255^2 < 2^32. */
export const MOST_LENGTH = 66_051;

/** A training set that was prepared. It is freed when it is collected. */
export type Nearest = {
  /** `native` or `wasm`: both find the same. */
  readonly name: string;
  /** Vectors of the training set. */
  readonly count: number;
  /** Bytes of each. */
  readonly length: number;
  /**
   * The nearest of each query by squared Euclidean distance, exact, ordered by distance and then by index. A call takes one
   * thread, beside which others may run.
   *
   * @param queries vectors of `length` bytes that follow each other; they must not change until it settles
   * @param k how many of each: all, in their order, where there are fewer
   * @returns min(k, count) indices and distances of the first query, then of the second …
   * @throws FanfleetError `INVALID_INPUT`, or `OUT_OF_MEMORY` of `wasm`
   */
  find(queries: Uint8Array, k: number): Promise<Neighbours>;
};

/**
 * Prepare a training set once for all queries: natively where the addon was built, else as WebAssembly; or as asked for.
 *
 * @param training vectors of `length` bytes that follow each other; they must not change any more
 * @param length of 1 to 66,051
 * @throws FanfleetError `INVALID_INPUT`, `NATIVE_KERNEL_MISSING`, `NATIVE_KERNEL_BROKEN`
 * @example
 * const nearest = await prepareNearest(images, 28 * 28);
 * const { indices, distances } = await nearest.find(queries, 5);
 */
export async function prepareNearest(
  training: Uint8Array,
  length: number,
  wanted: KernelChoice = 'auto',
  addonPath: string = ADDON_PATH,
): Promise<Nearest> {
  expect(
    Number.isInteger(length) && length >= 1 && length <= MOST_LENGTH,
    `vectors of 1 to ${MOST_LENGTH} bytes, so that distances have 32 bits, but got ${length}`,
  );
  const count = training.length / length;
  expect(
    Number.isInteger(count) && count >= 1 && count < 2 ** 32,
    `one to 2^32 - 1 whole training vectors of ${length} bytes but got ${training.length} bytes`,
  );
  const { name, find } = await prepare(bufferOf(training), length, wanted, addonPath);
  return {
    name,
    count,
    length,
    async find(queries, k) {
      expect(Number.isInteger(k) && k >= 1, `\`k\` to be a whole number from 1 on but got ${k}`);
      expect(
        queries.length % length === 0,
        `whole queries of ${length} bytes but got ${queries.length} bytes`,
      );
      if (queries.length === 0) return { indices: new Uint32Array(), distances: new Uint32Array() };
      return find(bufferOf(queries), Math.min(k, count));
    },
  };
}

type Prepared = Pick<Nearest, 'name'> & { find(queries: Buffer, k: number): Promise<Neighbours> };

async function prepare(
  vectors: Buffer,
  length: number,
  wanted: KernelChoice,
  addonPath: string,
): Promise<Prepared> {
  const addon = chooseAddon(wanted, addonPath);
  if (addon !== undefined) {
    const { training } = await addon.prepareNearest([vectors], length);
    return { name: 'native', find: (queries, k) => addon.findNearest(training, [queries], k) };
  }
  const { WasmTraining } = await import('./wasm/wasm-nearest.ts');
  const training = new WasmTraining(vectors, length);
  return { name: 'wasm', find: (queries, k) => training.find(queries, k) };
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new FanfleetError('INVALID_INPUT', `Expected ${what}.`, { source: 'user' });
}
