import type { KernelChoice } from '../contract/kernel-choice.ts';
import { FanfleetError } from '../errors.ts';
import { chooseAddon } from './choose-addon.ts';
import { ADDON_PATH, type AssignedTotals } from './native-addon.ts';
import { MOST_LENGTH } from './nearest.ts';

/** Values of all centres together. */
export const MOST_VALUES = 2 ** 20;
/** Vectors of which a centre is the mean. */
export const MOST_COUNT = 2 ** 31;

/** The mean of vectors of bytes, of which nothing is rounded: each value is its `sum / count`. */
export type Centre = {
  /** Vectors of which it is the mean: 1 to 2^31. */
  readonly count: number;
  /** Of each value, 0 to 255 times `count`. */
  readonly sum: readonly number[];
};

/** What became of vectors: all numbers are exact. */
export type Assigned = {
  /** Of each vector the number of the nearest centre. */
  readonly labels: Uint32Array;
  /** Of each centre how many vectors went to it. */
  readonly counts: number[];
  /** Of each centre the sum of |x|^2 over these. */
  readonly squares: number[];
  /** Of each centre the sums of each of their values. */
  readonly sums: number[][];
};

/** Centres that were prepared. They are freed when they are collected. */
export type Centres = {
  /** `native` or `wasm`: both find the same. */
  readonly name: string;
  readonly count: number;
  /** Bytes of a vector. */
  readonly length: number;
  /**
   * The nearest centre of each vector by squared Euclidean distance, compared as fractions; of centres that are equally near
   * the first. A call takes one thread, beside which others may run.
   *
   * @param vectors of `length` bytes that follow each other, none as well; they must not change until it settles
   * @throws FanfleetError `INVALID_INPUT`, or `OUT_OF_MEMORY` of `wasm`
   */
  assign(vectors: Uint8Array): Promise<Assigned>;
};

/**
 * Prepare centres once for all vectors: natively where the addon was built, else as WebAssembly; or as asked for.
 *
 * @param centres one or more, of 1,048,576 values in all at most. They are copied.
 * @param length bytes of a vector, 1 to 66,051
 * @throws FanfleetError `INVALID_INPUT`, `NATIVE_KERNEL_MISSING`, `NATIVE_KERNEL_BROKEN`
 * @example
 * const centres = await prepareCentres('auto', [{ count: 1, sum: [0, 0] }, { count: 2, sum: [9, 511 - 9] }], 2);
 * const { labels, counts, sums } = await centres.assign(Uint8Array.of(3, 4, 7, 250));
 */
export async function prepareCentres(
  wanted: KernelChoice,
  centres: readonly Centre[],
  length: number,
  addonPath: string = ADDON_PATH,
): Promise<Centres> {
  check(centres, length);
  const { name, assign } = await prepare(wanted, numbersOf(centres, length), length, addonPath);
  return {
    name,
    count: centres.length,
    length,
    async assign(vectors) {
      expect(
        vectors.length % length === 0,
        `whole vectors of ${length} bytes but got ${vectors.length} bytes`,
      );
      const { labels, totals } = await assign(
        Buffer.from(vectors.buffer, vectors.byteOffset, vectors.length),
      );
      const of = centres.map((_, at) => totals.subarray(at * (length + 2), (at + 1) * (length + 2)));
      return {
        labels,
        counts: of.map(([count = 0]) => count),
        squares: of.map(([, square = 0]) => square),
        sums: of.map((numbers) => [...numbers.subarray(2)]),
      };
    },
  };
}

function check(centres: readonly Centre[], length: number): void {
  expect(
    Number.isInteger(length) && length >= 1 && length <= MOST_LENGTH,
    `vectors of 1 to ${MOST_LENGTH} bytes but got ${length}`,
  );
  expect(
    centres.length >= 1 && centres.length * length <= MOST_VALUES,
    `one or more centres, of ${MOST_VALUES} values in all at most, but got ${centres.length} of ${length}`,
  );
  for (const [at, { count, sum }] of centres.entries()) {
    expect(
      Number.isInteger(count) && count >= 1 && count <= MOST_COUNT,
      `centre ${at} to be the mean of 1 to 2^31 vectors but got ${count}`,
    );
    expect(sum.length === length, `centre ${at} to have ${length} sums but got ${sum.length}`);
    const wrong = sum.find((value) => !(Number.isInteger(value) && value >= 0 && value <= 255 * count));
    expect(
      wrong === undefined,
      `centre ${at} to have sums of ${count} bytes, 0 to ${255 * count}, but got ${wrong}`,
    );
  }
}

/** Of each centre its count, and behind it its sums: in 64 bits each, written as two halves, the lower one first. */
function numbersOf(centres: readonly Centre[], length: number): BigUint64Array<ArrayBuffer> {
  const numbers = new BigUint64Array(centres.length * (1 + length));
  const halves = new Uint32Array(numbers.buffer);
  let at = 0;
  const put = (value: number) => {
    halves[at] = value % 2 ** 32;
    halves[at + 1] = Math.floor(value / 2 ** 32);
    at += 2;
  };
  for (const { count, sum } of centres) {
    put(count);
    sum.forEach(put);
  }
  return numbers;
}

type Prepared = Pick<Centres, 'name'> & { assign(vectors: Buffer): Promise<AssignedTotals> };

async function prepare(
  wanted: KernelChoice,
  numbers: BigUint64Array<ArrayBuffer>,
  length: number,
  addonPath: string,
): Promise<Prepared> {
  const addon = chooseAddon(wanted, addonPath);
  if (addon !== undefined) {
    const { centres } = await addon.prepareCentres(numbers, length);
    return { name: 'native', assign: (vectors) => addon.assignToCentres(centres, [vectors]) };
  }
  const { assignByWasm } = await import('./wasm/wasm-centres.ts');
  const bytes = Buffer.from(numbers.buffer);
  return { name: 'wasm', assign: (vectors) => assignByWasm(bytes, length, vectors) };
}

function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new FanfleetError('INVALID_INPUT', `Expected ${what}.`, { source: 'user' });
}
