import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { inOrder } from '../concurrency/in-order.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import type { Batch } from '../contract/manifest.ts';
import type { MeasuredRow } from '../contract/row.ts';
import type { RowInBatch } from '../workloads/row-in-batch.ts';
import type { Tolerance } from '../workloads/tolerances.ts';
import { readManifest } from './manifest-stream.ts';
import { parseSpan, spanBody } from './spans.ts';

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
  /** What the batches were done on that differ: a pair of kinds of processor each, of either null where it is not known. */
  readonly kinds: readonly (readonly [string | null, string | null])[];
}

/** Batches of which both results are held at once; of their other files those of one. */
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
  const rowsOf = ({ arm, round }: RowsPlace, batch: number) =>
    getIfPresent(reader, layout.result(runId, arm, round, batch));
  const fileOf = async ({ arm, round }: RowsPlace, batch: number) => {
    const { folder } = tolerance;
    return folder === undefined
      ? null
      : getIfPresent(reader, layout.batchFile(folder, runId, arm, round, batch));
  };
  const load = async ({ batch }: Batch) =>
    [batch, ...(await Promise.all([rowsOf(a, batch), rowsOf(b, batch)]))] as const;
  const kindOf = async ({ arm, round }: RowsPlace, batch: number) => {
    const body = await spanBody(reader, { reader, runId, arm, round, stage: undefined }, batch);
    return body === null ? null : (parseSpan(body)?.processor?.kind ?? null);
  };
  const kinds = new Map<string, readonly [string | null, string | null]>();
  let different = 0;
  let distance = 0;
  const manifest = readManifest(reader.stream(layout.manifest(runId)));
  for await (const [batch, one, other] of inOrder(manifest, load, { atOnce: AHEAD })) {
    if (one === null || other === null) return null;
    if (one.equals(other)) continue;
    const files = await Promise.all([fileOf(a, batch), fileOf(b, batch)]);
    const apart = apartOf([rowsIn(one, files[0]), rowsIn(other, files[1])], tolerance);
    if (apart === null) return null;
    const pair = await Promise.all([kindOf(a, batch), kindOf(b, batch)]);
    kinds.set(JSON.stringify(pair), pair);
    different += apart.different;
    distance = Math.max(distance, apart.distance);
  }
  return { different, distance, kinds: [...kinds.values()] };
}

/** A line of a result, and its row unless that failed. */
interface Line {
  readonly text: string;
  readonly inBatch: RowInBatch | null;
}

function rowsIn(body: Buffer, file: Buffer | null): Line[] {
  const lines = body
    .toString('utf8')
    .split('\n')
    .map((text) => ({ text, row: measured(text) }));
  const images = lines.filter(({ row }) => row !== null).length;
  let next = 0;
  return lines.map(({ text, row }) => ({
    text,
    inBatch: row === null ? null : { row, file, at: next++, images },
  }));
}

function apartOf([lines, others]: readonly [Line[], Line[]], tolerance: Tolerance) {
  if (lines.length !== others.length) return null;
  let different = 0;
  let distance = 0;
  for (const [n, line] of lines.entries()) {
    const other = others[n];
    if (line.text === other?.text) continue;
    const apart = distanceOf(line, other, tolerance);
    if (apart === null) return null;
    different += 1;
    distance = Math.max(distance, apart);
  }
  return { different, distance };
}

/** Rows that failed must be equal. */
function distanceOf({ inBatch: a }: Line, other: Line | undefined, tolerance: Tolerance): number | null {
  const b = other?.inBatch ?? null;
  return a === null || b === null || a.row.key !== b.row.key ? null : tolerance.distance(a, b);
}

function measured(line: string): MeasuredRow | null {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null && !('error' in row) ? (row as MeasuredRow) : null;
  } catch {
    return null;
  }
}
