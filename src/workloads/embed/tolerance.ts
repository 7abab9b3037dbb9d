import { plural } from '../../format.ts';
import type { RowInBatch } from '../row-in-batch.ts';
import { readVectors } from './vectors-file.ts';

/**
 * Millionths of the norm. Float32 on other processors differs in the last bits of each sum, and a deep model adds them up: that of ONNX Runtime with and without its
 * optimisations by 0.2 millionths (docs/embed.md).
 */
const MOST = 100;

/** Embeddings must be near each other: by the norm of their difference, beside the greater of their own. */
export const EMBED_TOLERANCE = {
  folder: 'embeddings',
  distance: (a: RowInBatch, b: RowInBatch): number | null => {
    if (a.row.width !== b.row.width || a.row.height !== b.row.height) return null;
    if (a.row.embedding === b.row.embedding) return 0;
    const [one, other] = [vectorOf(a), vectorOf(b)];
    if (one === null || other === null || one.length !== other.length) return null;
    // Rounded up: what differs at all is not 0 apart.
    const distance = Math.ceil(1_000_000 * apart(one, other));
    return distance > MOST ? null : distance;
  },
  text: (distance: number) =>
    `embeddings that differ by at most ${plural(distance, 'millionth')} of their norm`,
};

/** Null where the file is none of embeddings of so many images. */
function vectorOf({ file, at, images }: RowInBatch): Float32Array | null {
  const length = (file?.length ?? 0) / (4 * images);
  if (file === null || !Number.isInteger(length)) return null;
  return readVectors(file.subarray(4 * length * at, 4 * length * (at + 1)), length, 1)[0] ?? null;
}

/** Not both are zeros, since they differ. */
function apart(one: Float32Array, other: Float32Array): number {
  let [difference, own, others] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    const beside = other[at] ?? 0;
    difference += (value - beside) ** 2;
    own += value ** 2;
    others += beside ** 2;
  }
  return Math.sqrt(difference / Math.max(own, others));
}
