import { layout } from '../contract/layout.ts';
import type { ProblemLog } from '../workloads/problems.ts';
import type { MapPlace } from './spans.ts';

/** Numbers of the batches of a manifest, which are consecutive. */
export interface BatchRange {
  readonly first: number;
  readonly count: number;
}

/** Batch numbers are consecutive, so that a listing can be checked without holding their names. */
export async function logForeignFiles(
  { reader, runId, arm, round, stage }: MapPlace,
  { first, count }: BatchRange,
  log: Pick<ProblemLog, 'add'>,
): Promise<void> {
  for await (const { key } of reader.list(layout.results(runId, arm, round, stage))) {
    const name = key.slice(key.lastIndexOf('/') + 1);
    const number = /^\d{6,}\.jsonl$/.test(name) ? Number.parseInt(name, 10) : -1;
    const known = number >= first && number < first + count;
    if (!known || key !== layout.result(runId, arm, round, number, stage)) log.add('FILE_FOREIGN', key);
  }
}
