/** Types of numbers that weights can have, and their bytes. */
const ELEMENT_BYTES = { float32: 4, float64: 8, float16: 2, bfloat16: 2 } as const;

export type WeightType = keyof typeof ELEMENT_BYTES;

/** A tensor of a file of weights. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Null where its elements are other numbers, as counters have. */
  readonly type: WeightType | null;
  /**
   * Its elements, the last index the fastest.
   *
   * @throws RangeError where the file does not have them; TypeError where they are other numbers
   */
  readonly values: () => Float64Array | Float32Array;
}

/** By their names. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** @param bytes of elements, the low byte of each first */
export function numbersIn(bytes: Buffer, type: WeightType): Float64Array | Float32Array {
  const count = Math.floor(bytes.length / ELEMENT_BYTES[type]);
  // A copy of its own begins where numbers can.
  const { buffer } = Uint8Array.from(bytes);
  if (type === 'float32') return new Float32Array(buffer, 0, count);
  if (type === 'float64') return new Float64Array(buffer, 0, count);
  if (type === 'float16') return Float32Array.from(new Float16Array(buffer, 0, count));
  // It is the first half of a float32.
  const whole = Uint32Array.from(new Uint16Array(buffer, 0, count), (half) => half * 2 ** 16);
  return new Float32Array(whole.buffer);
}

export function bytesOfElements(type: WeightType, count: number): number {
  return count * ELEMENT_BYTES[type];
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
