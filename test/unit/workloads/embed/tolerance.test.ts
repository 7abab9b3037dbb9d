import { describe, expect, it } from 'vitest';
import { EMBED_TOLERANCE } from '../../../../src/workloads/embed/tolerance.ts';
import { writeVectors } from '../../../../src/workloads/embed/vectors-file.ts';
import type { RowInBatch } from '../../../../src/workloads/row-in-batch.ts';
import { embedded } from './embedded.ts';

/** The second of three images of a batch. */
function second(...numbers: readonly number[]): RowInBatch {
  const zeros = new Float32Array(numbers.length);
  const { row, values } = embedded('b', ...numbers);
  return { row, file: writeVectors([zeros, values, zeros]), at: 1, images: 3 };
}

const ONE = second(3, 4);

function distances(other: RowInBatch): (number | null)[] {
  return [EMBED_TOLERANCE.distance(ONE, other), EMBED_TOLERANCE.distance(other, ONE)];
}

describe('the distance of two embeddings of an image', () => {
  it.each<[string, RowInBatch, number | null]>([
    ['the same', second(3, 4), 0],
    // The norm is 5; the next float32 of 4 is 5e-7 away.
    ['other numbers', second(3, 4 + 250e-6), 50],
    ['the next float32', second(3.0000002, 4), 1],
    ['numbers as far as is allowed', second(3, 4 + 499e-6), 100],
    ['numbers farther away', second(3, 4 + 501e-6), null],
    ['zeros', second(0, 0), null],
    ['more numbers', second(3, 4, 0), null],
    ['no file', { ...second(3, 5), file: null }, null],
    ['a file that is cut off', { ...second(3, 5), file: Buffer.alloc(23) }, null],
    ['a file that is empty', { ...second(3, 5), file: Buffer.alloc(0) }, null],
    ['an image of another size', { ...second(3, 4), row: { ...ONE.row, width: 4 } }, null],
  ])('of %s', (_, other, distance) => {
    expect(distances(other)).toEqual([distance, distance]);
  });

  it('is told in words', () => {
    expect(EMBED_TOLERANCE.text(1)).toBe('embeddings that differ by at most 1 millionth of their norm');
    expect(EMBED_TOLERANCE.text(30)).toBe('embeddings that differ by at most 30 millionths of their norm');
  });
});
