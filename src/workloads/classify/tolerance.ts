import type { RowInBatch } from '../row-in-batch.ts';
import type { Score } from './scores.ts';

/** Millionths. Float32 on other processors differs by up to 3e-5 in a value of the output, which is 15 millionths at most. */
const MOST = 100;

/** The label must be the same, and the probabilities near each other. */
export const CLASSIFY_TOLERANCE = {
  distance: ({ row: a }: RowInBatch, { row: b }: RowInBatch): number | null => {
    if (a.label !== b.label || a.width !== b.width || a.height !== b.height) return null;
    const [scores, others] = [a.scores ?? [], b.scores ?? []];
    if (scores.length !== others.length) return null;
    const distance = Math.max(farthest(scores, others), farthest(others, scores));
    return distance > MOST ? null : distance;
  },
  text: (distance: number) => `the same labels, and scores within ${distance} millionths of each other`,
};

/** A class that the other row has not was no better there than its last one. */
function farthest(scores: readonly Score[], others: readonly Score[]): number {
  const known = new Map(others);
  const last = others.at(-1)?.[1] ?? 0;
  const distances = scores.map(([index, score]) => {
    const other = known.get(index);
    return other === undefined ? Math.max(0, score - last) : Math.abs(score - other);
  });
  return Math.max(0, ...distances);
}
