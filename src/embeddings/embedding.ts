/** How the numbers of an embedding are stored. */
export const EMBEDDING_TYPES = ['float32', 'int8'] as const;
export type EmbeddingType = (typeof EMBEDDING_TYPES)[number];

/** The greatest number of an int8 embedding, and less its sign the least. */
export const MOST_INT8 = 127;

/** Of a file, what all embeddings in it have in common. */
export interface EmbeddingFormat {
  readonly type: EmbeddingType;
  /** Numbers of an embedding. */
  readonly length: number;
}

/** The embedding of an image in 8 bits: what it stood for is about `scale` times each of its numbers. */
export interface Quantised {
  readonly values: Int8Array;
  /** A float32. */
  readonly scale: number;
}

/**
 * An embedding in 8 bits. The scale is the greatest magnitude through 127, as float32; each number is divided by it in float64 and rounded, half away
 * from zero. Where the scale is 0 all numbers are.
 */
export function quantise(values: Float32Array): Quantised {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const scale = Math.fround(most / MOST_INT8);
  const quantised = new Int8Array(values.length);
  if (scale === 0) return { values: quantised, scale };
  for (const [at, value] of values.entries()) {
    const magnitude = Math.min(Math.floor(Math.abs(value) / scale + 0.5), MOST_INT8);
    quantised[at] = value < 0 ? -magnitude : magnitude;
  }
  return { values: quantised, scale };
}
