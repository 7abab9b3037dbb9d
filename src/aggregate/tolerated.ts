import type { BucketReader } from '../aws/bucket-reader.ts';
import { plural } from '../format.ts';
import type { WorkloadName } from '../workloads/names.ts';
import { toleranceOf } from '../workloads/tolerances.ts';
import { compareRows, type RowsApart, type RowsPlace } from './compare-rows.ts';

/** What has rows, all of them sound. */
export interface ArmRows extends RowsPlace {
  readonly digest: string;
}

/** What arms have in common whose rows are not equal, but within the tolerance of their workload. */
export interface Tolerated {
  /** A noun, e.g. `the same labels, and scores within 3 millionths of each other`. */
  readonly text: string;
  /** The rest of a sentence about the images whose rows are not equal. */
  readonly images: string;
}

/** Rows that are near each other, and were not made on different kinds of processor: those of one kind must be equal. */
export interface OneKind {
  /** Of a processor, e.g. `x64 avx avx2`. */
  readonly kind: string;
}

/**
 * Compare with the first what has another digest. On one machine there is one kind of processor, and rows must be equal.
 *
 * @returns null where rows are equal, must be, or differ by more
 */
export async function toleratedDifference(
  where: { readonly reader: BucketReader; readonly runId: string },
  name: WorkloadName,
  arms: readonly ArmRows[],
  isOneMachine: boolean,
): Promise<Tolerated | OneKind | null> {
  const tolerance = isOneMachine ? null : toleranceOf(name);
  const [first, ...others] = new Map(arms.map((arm) => [arm.digest, arm])).values();
  if (tolerance === null || first === undefined || others.length === 0) return null;
  let [different, distance] = [0, 0];
  const kinds: RowsApart['kinds'][number][] = [];
  for (const other of others) {
    const apart = await compareRows(where, [first, other], tolerance);
    if (apart === null) return null;
    different = Math.max(different, apart.different);
    distance = Math.max(distance, apart.distance);
    kinds.push(...apart.kinds);
  }
  const same = kinds.find(([one, other]) => one !== null && one === other);
  if (same?.[0]) return { kind: same[0] };
  return {
    text: tolerance.text(distance),
    images: `of ${plural(different, 'image')} the rows are not equal to the byte, ${kindsText(kinds)}`,
  };
}

/** The first pair stands for all. */
function kindsText(kinds: readonly RowsApart['kinds'][number][]): string {
  const [one, other] = kinds.find((pair) => !pair.includes(null)) ?? [];
  if (one && other) return `as on different kinds of processor (${one}; ${other})`;
  return 'as on different kinds of processor (which they were is not known)';
}
