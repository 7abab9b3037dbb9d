import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { inOrder } from '../concurrency/in-order.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import type { MeasuredRow } from '../contract/row.ts';
import type { Tolerance } from '../workloads/tolerances.ts';
import { readManifest } from './manifest-stream.ts';

/** One arm in one round. */
export interface RowsPlace {
  readonly arm: Arm;
  readonly round: number;
}

/** How the rows of two differ, none of them by more than the tolerance. */
export interface RowsApart {
  /** Images whose rows are not equal to the byte. */
  readonly different: number;
  /** The largest distance of two rows of an image. */
  readonly distance: number;
}

/** Batches of which both files are held at once. */
const AHEAD = 8;

/**
 * Compare the rows of two that ran over one manifest, batch after batch.
 *
 * @returns null where rows are missing, or farther from each other than the tolerance allows
 */
export async function compareRows(
  { reader, runId }: { readonly reader: BucketReader; readonly runId: string },
  [a, b]: readonly [RowsPlace, RowsPlace],
  tolerance: Tolerance,
): Promise<RowsApart | null> {
  const rowsOf = ({ arm, round }: RowsPlace, { batch }: Batch) =>
    getIfPresent(reader, layout.result(runId, arm, round, batch));
  const load = (batch: Batch) => Promise.all([rowsOf(a, batch), rowsOf(b, batch)]);
  let different = 0;
  let distance = 0;
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  for await (const [one, other] of inOrder(manifest, load, { atOnce: AHEAD })) {
    if (one === null || other === null) return null;
    if (one.equals(other)) continue;
    const [lines, others] = [one.toString('utf8').split('\n'), other.toString('utf8').split('\n')];
    if (lines.length !== others.length) return null;
    for (const [n, line] of lines.entries()) {
      const apart = distanceOf(line, others[n] ?? '', tolerance);
      if (apart === null) return null;
      if (line !== others[n]) different += 1;
      distance = Math.max(distance, apart);
    }
  }
  return { different, distance };
}

/** Rows that failed must be equal. */
function distanceOf(line: string, other: string, tolerance: Tolerance): number | null {
  if (line === other) return 0;
  const [a, b] = [measured(line), measured(other)];
  return a === null || b === null || a.key !== b.key ? null : tolerance.distance(a, b);
}

function measured(line: string): MeasuredRow | null {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null && !('error' in row) ? (row as MeasuredRow) : null;
  } catch {
    return null;
  }
}
