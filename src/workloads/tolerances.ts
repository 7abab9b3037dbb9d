import { CLASSIFY_TOLERANCE } from './classify/tolerance.ts';
import { EMBED_TOLERANCE } from './embed/tolerance.ts';
import type { WorkloadName } from './names.ts';
import type { RowInBatch } from './row-in-batch.ts';

/** How near rows of one image must be to be the same answer, where arms may have run on processors that count otherwise. */
export interface Tolerance {
  /** Has a file of each batch with the numbers of its rows. @default they are in the rows */
  readonly folder?: string;
  /** How far two rows are from each other; null where they are not the same answer. */
  readonly distance: (a: RowInBatch, b: RowInBatch) => number | null;
  /** What rows have in common that are no farther from each other: a noun, after "gave". */
  readonly text: (distance: number) => string;
}

/** Rows of all others must be equal, to the byte. */
const TOLERANCES: Readonly<Partial<Record<WorkloadName, Tolerance>>> = {
  classify: CLASSIFY_TOLERANCE,
  embed: EMBED_TOLERANCE,
};

/** Null where rows must be equal. */
export function toleranceOf(name: WorkloadName): Tolerance | null {
  return TOLERANCES[name] ?? null;
}
